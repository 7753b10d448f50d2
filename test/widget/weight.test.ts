import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWidget } from '../../deploy/build-widget.ts';
import { sizeBudgets } from '../../deploy/size-budgets.ts';

describe('The files of the widget', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'ringback-weight-'))));
  after(() => rm(folder, { recursive: true }));

  it('weigh no more than was promised, each of them [WI5]', async () => {
    const { files } = await buildWidget(join(folder, 'one'));
    const budgets = sizeBudgets.filter(({ target }) => target === 'widget');
    assert.deepEqual(Object.keys(files).sort(), budgets.map(({ file }) => file).sort());
    for (const { file, mostBytes } of budgets) {
      const { gzipBytes } = files[file]!;
      assert.ok(gzipBytes <= mostBytes, `${file}: ${gzipBytes} of ${mostBytes}`);
    }
  });

  it('are the same bytes each time they are built, under the address their contents name', async () => {
    const first = await buildWidget(join(folder, 'two'));
    const second = await buildWidget(join(folder, 'three'));
    assert.deepEqual(first, second);
    const read = (name: string) => readFile(join(folder, name), 'utf8');
    const loader = await read('two/widget.js');
    assert.equal(loader, await read(`three/${second.version}/widget.js`));
    assert.ok(loader.includes(first.version));
    assert.ok(loader.includes(first.files['panel.js']!.integrity));
  });
});
