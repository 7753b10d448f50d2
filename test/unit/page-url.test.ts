import assert from 'node:assert/strict';
import fc from 'fast-check';
import { originOf, sharable, withoutSecrets } from '../../contact-server/domain/page-url.ts';

const origins = ['https://shop.example', 'https://shop.example:8443'];
const isShown = (url: string): boolean => sharable(url, origins).ok;

describe('A page address', () => {
  it('is shown when it is of our own sites, port and all', () => {
    for (const url of [
      'https://shop.example/',
      'https://SHOP.example:443/a?b=c#d',
      'https://shop.example:8443/x',
    ])
      assert.ok(isShown(url), url);
  });

  it('is refused when it is anything else, however much it looks like ours', () => {
    for (const url of [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      ' java\nscript:alert(1)',
      'data:text/html,<script>1</script>',
      'blob:https://shop.example/8a1f',
      'filesystem:https://shop.example/x',
      'file:///etc/passwd',
      'about:blank',
      'ftp://shop.example/',
      'http://shop.example/',
      'https://shop.example:444/',
      'https://shop.example.evil.example/',
      'https://evil.example/https://shop.example/',
      'https://shop.example@evil.example/',
      'https://maria:secret@shop.example/',
      'https://maria@shop.example/',
      'https://shop.example%2eevil.example/',
      'https://shop.example./',
      'https://shоp.example/', // a Cyrillic o
      'https://xn--shp-8cd.example/',
      'https://evil.example\\@shop.example/',
      '//shop.example/',
      '/tents/',
      '',
      'https://',
      `https://shop.example/${'ä'.repeat(1_000)}`, // short to write, long on the wire
    ])
      assert.ok(!isShown(url), url);
  });

  it('is never of another origin than the list says, whatever is typed', () => {
    const piece = fc.constantFrom(
      'https://',
      'http://',
      'shop.example',
      'evil.example',
      '@',
      ':',
      '/',
      '\\',
      '\t',
      '.',
      '?',
      '#',
      '%2f',
      '8443',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const answer = sharable(pieces.join(''), origins);
        if (!answer.ok) return;
        const url = new URL(answer.url);
        assert.ok(origins.includes(url.origin));
        assert.equal(url.username + url.password, '');
        assert.equal(originOf(answer.url), url.origin);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('A mirrored address', () => {
  it('keeps the names and loses the values of what opens something', () => {
    const cases = {
      'https://shop.example/?token=t1&page=2': 'https://shop.example/?token=&page=2',
      'https://shop.example/?accessToken=t1': 'https://shop.example/?accessToken=',
      'https://shop.example/?access_token=a&API_KEY=b': 'https://shop.example/?access_token=&API_KEY=',
      'https://shop.example/?a=1;session=s': 'https://shop.example/?a=1;session=',
      'https://shop.example/?Session-ID=s&client.secret=x':
        'https://shop.example/?Session-ID=&client.secret=',
      'https://shop.example/?password=p%26q&code=123': 'https://shop.example/?password=&code=',
      'https://shop.example/?%74oken=t1': 'https://shop.example/?%74oken=',
      'https://shop.example/#auth=x&tab=2': 'https://shop.example/#auth=&tab=2',
      'https://shop.example/#/reset?token=x': 'https://shop.example/#/reset?token=',
    };
    for (const [url, shown] of Object.entries(cases)) assert.equal(withoutSecrets(url), shown);
  });

  it('keeps what only sounds alike', () => {
    for (const url of [
      'https://shop.example/?keyboard=qwerty&tokens=3&encoded=1&author=x',
      'https://shop.example/tents/#sizes',
      'https://shop.example/?q=token',
      'https://shop.example/?%zz=1',
    ])
      assert.equal(withoutSecrets(url), url);
  });

  it('never carries a value that was secret, and is the same when cleaned twice', () => {
    const name = fc.constantFrom('token', 'x-api-key', 'clientSecret', 'session', 'password', 'code', 'auth');
    const other = fc.constantFrom('page', 'q', 'size');
    const value = fc.uuid();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), name, other, value), { maxLength: 6 }), (all) => {
        const query = all.map(([isSecret, a, b, it]) => `${isSecret ? a : b}=${it}`).join('&');
        for (const url of [`https://shop.example/?${query}`, `https://shop.example/#${query}`]) {
          const shown = withoutSecrets(url);
          for (const [isSecret, , , it] of all) {
            const isKept = all.some(([secret, , , same]) => !secret && same === it);
            assert.equal(shown.includes(it), !isSecret || isKept);
          }
          assert.equal(withoutSecrets(shown), shown);
        }
      }),
    );
  });
});
