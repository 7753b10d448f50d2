import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const top = join(import.meta.dirname, '../..');

function namesOfTests(): string {
  const files = readdirSync(join(top, 'test'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((it) => it.endsWith('.test.ts') || it.startsWith('ports/'))
    .filter((it) => it.endsWith('.ts'))
    .map((it) => readFileSync(join(top, 'test', it), 'utf8'))
    .join('\n');
}

describe('Every rule of docs/SPEC.md', () => {
  const rules = [
    ...readFileSync(join(top, 'docs/SPEC.md'), 'utf8').matchAll(/^- \*\*([A-Z]{2}\d+)\*\*/gm),
  ].map((it) => it[1] ?? '');

  it('is quoted by a test, and no test quotes a rule that is not there', () => {
    const text = namesOfTests();
    const quoted = new Set(
      [...text.matchAll(/\[((?:[A-Z]{2}\d+(?:, )?)+)\]/g)].flatMap((it) => (it[1] ?? '').split(', ')),
    );
    assert.deepEqual(
      rules.filter((it) => !quoted.has(it)),
      [],
      'rules without a test',
    );
    assert.deepEqual(
      [...quoted].filter((it) => !rules.includes(it)),
      [],
      'tests of rules that are not there',
    );
  });
});
