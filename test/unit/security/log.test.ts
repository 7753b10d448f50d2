import assert from 'node:assert/strict';
import { openLog } from '../../../contact-server/log.ts';
import { loggedError, maskedLine } from '../../../server-kit/masked-log.ts';

describe('A log line', () => {
  const lines: string[] = [];
  const log = openLog('debug', { write: (line: string) => void lines.push(line) });
  const last = (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;

  it('holds the fields that are on the list, and drops all others', () => {
    log
      .child({ part: 'calls' })
      .info({ callbackId: 'cb1', phone: '+442079460199', token: 't', ip: '203.0.113.9' }, 'moved');
    assert.equal(last()['callbackId'], 'cb1');
    assert.equal(last()['part'], 'calls');
    for (const name of ['phone', 'token', 'ip']) assert.equal(last()[name], undefined);
  });

  it('holds no number, even one in somebody else’s error message', () => {
    const error = Object.assign(
      new Error('E11000 dup key: { phone: "+442079460199" }', { cause: new Error('to sip:442079460199@x') }),
      {
        code: 11000,
        keyValue: { phone: '+442079460199', name: 'Zebulon' },
        command: { args: ['Zebulon'] },
      },
    );
    log.error({ err: error, callbackId: 'cb1' }, 'to tel:+442079460199');
    const line = lines.at(-1) ?? '';
    assert.ok(!line.includes('2079460199'), line);
    assert.ok(!line.includes('Zebulon'), line);
    assert.equal((last()['err'] as { code: number }).code, 11000);
    assert.match(line, /\+4420••••0199/);
  });

  it('keeps what is no number: times, ids, ports', () => {
    const line =
      '{"time":1795254331500,"callbackId":"00442079460199aa","url":"wss://127.0.0.1:8081","n":442079460199}';
    assert.equal(maskedLine(line), line);
  });

  it('does not run for ever into causes, nor show what is no error', () => {
    const error = new Error('round');
    error.cause = error;
    assert.ok(JSON.stringify(loggedError(error)).length < 20_000);
    assert.deepEqual(Object.keys(loggedError({ phone: '+442079460199' })), ['type', 'message']);
  });
});
