import { signal, type ReadonlySignal } from '@preact/signals';

import type { TabChannel } from './tab-channel.ts';

/** Exactly one tab leads: it holds the stream and rings. True in that tab. */
export type Leads = ReadonlySignal<boolean>;

/** The browser's lock decides: it passes to the next tab in the moment the first one closes. */
export function leadByLock(locks: LockManager): Leads {
  const leads = signal(false);
  void locks.request('ringback-portal-leader', () => {
    leads.value = true;
    return new Promise<never>(() => undefined);
  });
  return leads;
}

const key = 'ringback-portal-leader';
const beatMs = 150;
const leaseMs = 500;
const checkMs = 100;
/** A busy machine lets a tab wait before it can answer. */
const answerMs = 350;

interface Lease {
  readonly tab: string;
  readonly term: number;
  readonly until: number;
}

/**
 * Leadership where there are no Web Locks (plain HTTP inside a LAN): a lease in `localStorage`, renewed by its holder.
 * A tab in the background cannot renew in time because its timers are slowed down, so nobody takes an old lease before
 * having asked over the channel, whose messages are not slowed. The higher term wins should two tabs claim at once.
 */
export function leadByLease(channel: TabChannel, storage: Storage = localStorage): Leads {
  const leads = signal(false);
  const tab = Math.random().toString(36).slice(2);
  let term = 0;
  let asking: ReturnType<typeof setTimeout> | undefined;

  function read(): Lease | undefined {
    try {
      return JSON.parse(storage.getItem(key) ?? 'null') as Lease | undefined;
    } catch {
      return undefined;
    }
  }

  function write(): void {
    storage.setItem(key, JSON.stringify({ tab, term, until: Date.now() + leaseMs } satisfies Lease));
  }

  const isAlive = (lease: Lease | null | undefined): boolean => lease != null && lease.until > Date.now();

  /** Write, wait for whoever writes in the same instant, and see whose claim stands. */
  function claim(): void {
    const lease = read();
    asking = undefined;
    if (isAlive(lease)) return;
    term = (lease?.term ?? 0) + 1;
    write();
    asking = setTimeout(
      () => {
        asking = undefined;
        if (read()?.tab !== tab) return;
        write();
        leads.value = true;
        channel.tell({ kind: 'leads', tab, term });
      },
      30 + Math.random() * 30,
    );
  }

  function look(): void {
    if (leads.value) {
      const lease = read();
      if (lease != null && lease.tab !== tab && lease.term >= term) leads.value = false;
      else write();
    } else if (asking === undefined && !isAlive(read())) {
      channel.tell({ kind: 'who-leads' });
      asking = setTimeout(claim, answerMs);
    }
  }

  channel.listen((message) => {
    if (message.kind === 'who-leads' && leads.value) {
      write();
      channel.tell({ kind: 'leads', tab, term });
    } else if (message.kind === 'leads') {
      clearTimeout(asking);
      asking = undefined;
      if (!leads.value) return;
      if (message.term > term || (message.term === term && message.tab > tab)) leads.value = false;
      else channel.tell({ kind: 'leads', tab, term });
    } else if (message.kind === 'leaving' && !leads.value) {
      clearTimeout(asking);
      claim();
    }
  });

  addEventListener('pagehide', () => {
    if (!leads.value) return;
    leads.value = false;
    if (read()?.tab === tab) storage.setItem(key, JSON.stringify({ tab, term, until: 0 } satisfies Lease));
    channel.tell({ kind: 'leaving', tab });
  });
  document.addEventListener('visibilitychange', look);
  setInterval(() => look(), Math.min(beatMs, checkMs));
  look();
  return leads;
}
