import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startDeskPhone } from './desk-phone.ts';
import { phonePanel } from './phone-panel.ts';
import { RobotAgent } from './robot-agent.ts';
import { startTelephoneNetwork } from './telephone-network.ts';
import { startSite } from './web.ts';

/** The demo company: its shop, its telephone network, the phones on its desks and its two robot agents. */
const env = process.env;
const setting = (name: string): string => {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
};
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
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
const sip = { host: setting('SIP_HOST'), port: Number(setting('SIP_PORT')) };
const publicUrl = setting('PUBLIC_URL');

const network = await startTelephoneNetwork({ port: Number(setting('TRUNK_PORT')), peers: [sip.host] });
const phones = await Promise.all(
  company.agents.flatMap((it) =>
    it.extension === undefined || it.devicePassword === undefined
      ? []
      : startDeskPhone({
          extension: it.extension,
          password: it.devicePassword,
          registrar: sip,
          autoAnswer: it.robot === true,
          keepsTrying: true,
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
      wrapUpMs: 3_000,
      onNote: note(it.name),
    });
  });
for (const robot of robots) void robot.work();

const human = phones.find((it) =>
  company.agents.some((a) => a.extension === it.extension && a.robot !== true),
);
const widget = new URL(publicUrl).origin;
const live = widget.replace(/^http/, 'ws');
const shop = await startSite({
  host: 'localhost',
  port: Number(setting('SHOP_PORT')),
  dir: here('./shop'),
  words: { WIDGET: `${widget}/widget.js` },
  headers: {
    // As strict as a careful company would have it: what the widget needs stands in its README.
    'Content-Security-Policy': [
      "default-src 'none'",
      "img-src 'self' data:",
      "style-src 'self'",
      `script-src 'self' ${widget}`,
      `connect-src ${widget} ${live}`,
      "base-uri 'none'",
      "form-action 'self'",
      `frame-ancestors 'self' ${setting('AGENT_URL')}`,
      "require-trusted-types-for 'script'",
    ].join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
  },
});
const panel = await startSite({
  host: '127.0.0.1',
  port: Number(setting('PHONE_PORT')),
  dir: here('./panel'),
  words: {},
  headers: {
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:",
  },
  ...(human && { api: phonePanel(human, network) }),
});

process.stdout.write(
  `${JSON.stringify({ ready: true, shop: { port: shop.port }, panel: { port: panel.port } })}\n`,
);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    for (const robot of robots) robot.stop();
    const closing = [...phones.map((it) => it.close()), network.close(), shop.close(), panel.close()];
    void Promise.allSettled(closing).then(() => process.exit(0));
  });
}
