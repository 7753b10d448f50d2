import { join } from 'node:path';
import { buildPortal } from './build-portal.ts';
import { buildWidget } from './build-widget.ts';

/** Everything that is bundled for browsers, and the folder of `build/browser` it goes to. */
const targets: readonly { readonly name: string; readonly build: (folder: string) => Promise<unknown> }[] = [
  { name: 'widget', build: buildWidget },
  { name: 'portal', build: buildPortal },
];

for (const { name, build } of targets) {
  const folder = join(import.meta.dirname, '../build/browser', name);
  await build(folder);
  console.log(`built ${name} into build/browser/${name}`);
}
