import { readFile } from 'node:fs/promises';
import { startDeskPhone } from './desk-phone.ts';
import { startPhonePanel } from './phone-panel.ts';
import { RobotAgent } from './robot-agent.ts';
import { startShop } from './shop.ts';
import { startTelephoneNetwork } from './telephone-network.ts';
import { untilReady } from './until-ready.ts';

/** The demo company: its shop, its telephone network, the phones on its desks and its two robot agents. */
const env = process.env;
const setting = (name: string): string => {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
};
const note = (who: string) => (text: string) => process.stderr.write(`${who}: ${text}\n`);

interface Person {
  readonly name: string;
  readonly username: string;
  readonly password: string;
  readonly extension?: string;
  readonly devicePassword?: string;
  readonly robot?: boolean;
}

const company = JSON.parse(await readFile(setting('COMPANY_FILE'), 'utf8')) as { agents: Person[] };
const registrar = { host: setting('SIP_HOST'), port: Number(setting('SIP_PORT')) };

const network = await startTelephoneNetwork({
  port: Number(setting('TRUNK_PORT')),
  peers: [registrar.host],
});
const phones = await Promise.all(
  company.agents.flatMap((it) =>
    it.extension === undefined || it.devicePassword === undefined
      ? []
      : startDeskPhone({
          extension: it.extension,
          password: it.devicePassword,
          registrar,
          autoAnswer: it.robot === true,
          keepsTrying: true,
          retryMs: 1_000, // whoever logs in wants to work at once
        }),
  ),
);
const robots = company.agents
  .filter((it) => it.robot === true)
  .map((it) => {
    const { username, password } = it;
    return new RobotAgent({
      url: setting('AGENT_URL'),
      username,
      password,
      talkMs: 25_000,
      wrapUpMs: 3_000,
      onNote: note(it.name),
    });
  });
for (const robot of robots) void robot.work();

const shop = await startShop({
  port: Number(setting('SHOP_PORT')),
  publicUrl: setting('PUBLIC_URL'),
  agentUrl: setting('AGENT_URL'),
  identitySecret: setting('IDENTITY_SECRET'),
});
const human = company.agents.find((it) => it.extension !== undefined && it.robot !== true);
const phone = phones.find((it) => it.extension === human?.extension);
const panel =
  human && phone
    ? await startPhonePanel({ port: Number(setting('PHONE_PORT')), phone, network, person: human.name })
    : undefined;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    for (const robot of robots) robot.stop();
    const closing = [...phones.map((it) => it.close()), network.close(), shop.close()];
    if (panel) closing.push(panel.close());
    void Promise.allSettled(closing).then(() => process.exit(0));
  });
}

// Ready means that whoever presses "Call me back" now is rung: the line is open and somebody takes it.
await Promise.all([untilReady(setting('PUBLIC_URL')), ...robots.map((it) => it.whenReady)]);
process.stdout.write(`${JSON.stringify({ ready: true, shop: { port: shop.port } })}\n`);
