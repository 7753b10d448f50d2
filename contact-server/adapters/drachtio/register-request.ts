import type { SipRequest } from './sip-messages.ts';

/** What a REGISTER asks for (RFC 3261 section 10.3). */
export type Registering =
  | { readonly ask: 'list' }
  | { readonly ask: 'remove-all' }
  | { readonly ask: 'change'; readonly contacts: readonly RegisterContact[] }
  | { readonly ask: 'nonsense' };

export interface RegisterContact {
  readonly uri: string;
  /** Undefined: the registrar decides. */
  readonly expiresS: number | undefined;
}

const MAX_CONTACTS = 10;

export function readRegister(request: SipRequest): Registering {
  const header = request.get('Contact')?.trim();
  const wished = seconds(request.get('Expires'));
  if (header === undefined || header === '') return { ask: 'list' };
  if (header === '*') return { ask: wished === 0 ? 'remove-all' : 'nonsense' };
  const contacts = splitContacts(header).map((one) => readContact(one, wished));
  if (contacts.length > MAX_CONTACTS || contacts.some((one) => one === undefined)) return { ask: 'nonsense' };
  return { ask: 'change', contacts: contacts.filter((one) => one !== undefined) };
}

/** The user part of an address header (`To`, `From`): an extension, if it is one. */
export function userIn(header: string | undefined): string | undefined {
  return /sips?:([^@\s<>;]{1,64})@/i.exec(header ?? '')?.[1];
}

/** The user part of a contact, if it is written so that it can stand in a request to it. */
export function contactUser(uri: string): string | undefined {
  return /^sips?:([\w.!~*'()&=+$,;?/%-]{1,128})@/i.exec(uri)?.[1];
}

/** At commas outside quotes and angle brackets. */
function splitContacts(header: string): string[] {
  return header.match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+/g) ?? [];
}

function readContact(text: string, wished: number | undefined): RegisterContact | undefined {
  const [, inBrackets, bare, params = ''] =
    /^\s*(?:(?:"(?:[^"\\]|\\.)*"\s*|[^<"]*)<([^>]+)>|([^\s;<>]+))(.*)$/s.exec(text) ?? [];
  const uri = inBrackets ?? bare;
  if (uri === undefined || uri.length > 300 || !/^sips?:[^\s"<>]+$/i.test(uri)) return undefined;
  const own = /;\s*expires\s*=\s*"?(\d+)/i.exec(params)?.[1];
  return { uri, expiresS: seconds(own) ?? wished };
}

function seconds(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\d{1,10}\s*$/.test(value) ? Number(value) : undefined;
}
