import assert from 'node:assert/strict';
import { plainText } from '../../contact-server/domain/plain-text.ts';

describe('What a visitor typed as a name', () => {
  it('reads as it is written, whatever turned or hid in it [SC5]', () => {
    assert.equal(plainText('\u202egpj.exe'), 'gpj.exe');
    assert.equal(plainText('Ana\u2066\u2069\u200f \u061cSilva\u0000\u0007\ufeff'), 'Ana Silva');
    assert.equal(plainText('  two\r\nlines\u2028\u0085 here\t'), 'two lines here');
    assert.equal(plainText('half \ud83e'), 'half');
    assert.equal(plainText('\u202e\u0000 \u200b'), '');
  });

  it('keeps every letter of every script, and what joins them', () => {
    for (const name of ['Zoë Ó Súilleabháin', 'محمد\u200cرضا', 'שָׂרָה', '李小龍', 'क्\u200dष', '👩\u200d🚀']) {
      assert.equal(plainText(name), name);
    }
  });
});
