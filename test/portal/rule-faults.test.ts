import assert from 'node:assert/strict';
import type { Page } from 'puppeteer';
import { z } from 'zod';
import { type Rules, rulesChangeSchema } from '../../contracts/rules.schema.ts';
import type { RulesFault } from '../../contracts/rules.ts';
import { rulesAs } from '../support/fake-rules.ts';
import { PortalBench } from '../support/portal-bench.ts';

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

/** Every place in a change that the server may find something wrong at, the first of each list for all of it. */
function placesIn({ properties = {}, items }: Shape, at = ''): string[] {
  return [
    at === '' ? '/' : at,
    ...Object.entries(properties).flatMap(([name, it]) => placesIn(it, `${at}/${name}`)),
    ...(items ? placesIn(items, `${at}/0`) : []),
  ];
}

const places = placesIn(z.toJSONSchema(rulesChangeSchema, { io: 'input' }) as Shape);

const skill = [{ name: 'service:sales', level: 1 }];
/** Something stands in every list, so that each place is on the screen. */
function full(): Partial<Rules> {
  const { services, entitlements } = rulesAs().rules;
  const rings = [{ afterMs: 60_000, must: skill, prefer: skill }];
  return {
    services: services.map((it) => ({
      ...it,
      must: skill,
      prefer: skill,
      rings,
      callerIds: ['+442079460101'],
    })),
    entitlements: entitlements.map((it) => ({ ...it, validTo: '2026-12-01T00:00:00.000Z' })),
  };
}

const editors = [
  { kind: 'services', id: 'sales' },
  { kind: 'hours', id: 'office' },
  { kind: 'agents', id: 'ana' },
  { kind: 'entitlements', id: 'gold' },
] as const;

describe('Whatever is wrong with a change of rules', function () {
  this.timeout(60_000);
  let bench: PortalBench;
  before(async () => (bench = await PortalBench.open()));
  after(() => bench.close());
  beforeEach(async () => {
    await bench.fresh();
    bench.fake.rules = rulesAs(full());
  });

  const editor = async (rule: string): Promise<Page> => {
    const page = await bench.desk();
    await page.keyboard.press('m');
    await page.waitForSelector('.rule-list');
    await page.click(`[data-rule="${rule}"]`);
    await page.waitForSelector('.rule-editor');
    return page;
  };
  /** Saves, is refused for these, and finds which of them stand beside a field and which in the summary. */
  const refusedFor = async (page: Page, paths: readonly string[]) => {
    bench.fake.ruleFaults = paths.map((path): RulesFault => ({ path, message: `«${path}»` }));
    await page.click('.rule-editor [type=submit]');
    await bench.sees(page, '.rule-said', 'Not saved: something is not right yet');
    const shown = (css: string) =>
      page.$$eval(css, (all) =>
        all
          .filter((it) => it.checkVisibility())
          .map((it) => it.textContent)
          .join(' '),
      );
    const [beside, above] = [await shown('.rule-editor .problem'), await shown('.rule-said li')];
    const at = (text: string) => paths.filter((path) => text.includes(`«${path}»`));
    return { beside: at(beside), above: at(above) };
  };

  for (const { kind, id } of editors) {
    it(`is read where ${kind} are edited: at its field, else above [MG5]`, async () => {
      const page = await editor(`${kind}/${id}`);
      const ours = places.filter(
        (it) => it.startsWith(`/${kind}/0/`) && !/\/0\/(id|capacity\/(voice|chat))$/.test(it),
      );
      const named = ours.map((it) => it.replace('/0', `/${id}`));
      const others = places.filter((it) => !ours.includes(it));
      const { beside, above } = await refusedFor(page, [...ours, ...named, ...others]);
      assert.deepEqual(beside, [...ours, ...named], 'each has a field');
      assert.deepEqual(above, others);
      await bench.isAccessible(page);
    });
  }

  it('is where the focus goes: to the row that is wrong, or to the summary when no field is [MG5]', async () => {
    const page = await editor('hours/office');
    await refusedFor(page, ['/hours/office/weekly/2']);
    await page.waitForSelector('[aria-label="Open 3, day"]:focus');
    await refusedFor(page, ['/services/sales/must']);
    await page.waitForSelector('.rule-said:focus');
    const isInSight = await page.$eval('.rule-said', (it) => it.getBoundingClientRect().top > 0);
    assert.ok(isInSight, 'though the button stands far below');
  });

  it('with an entitlement for nobody and nothing is said at both fields [MG5]', async () => {
    const page = await editor('hours/office');
    await page.type('#new-entitlement', 'partner');
    await page.keyboard.press('Enter');
    await bench.sees(page, '.rule-editor h2', 'partner');
    await page.click('.rule-editor [type=submit]');
    await bench.sees(page, '.rule-field .problem', 'Name a customer, a number or an address range.');
    await page.waitForSelector('[name=customerId]:focus');
    assert.equal(await bench.count(page, '.rule-editor .problem'), 2);
  });

  it('is read when an earlier version is to hold again, too [MG5]', async () => {
    const page = await editor('services/sales');
    await page.click('[data-rule=history]');
    bench.fake.ruleFaults = [
      { path: '/services/sales/must', message: 'Nobody could take a call for Sales.' },
    ];
    await page.click('[aria-label="Restore version 1"]');
    await bench.sees(page, '.rule-said li', 'Nobody could take a call for Sales.');
    await page.waitForSelector('.rule-said:focus');
  });
});
