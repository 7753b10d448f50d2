import { adopt, el, fill, icon } from '../shared/dom.ts';
import type { PartScript } from '../shared/parts.ts';

/** Written in by the bundler: where the parts are, and what they must be. */
declare const PARTS: { readonly version: string; readonly integrity: Readonly<Record<string, string>> };

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/**
 * Loads one part of the widget and gives what it hands over. A script element is used, because it is the one way that has
 * integrity in every browser and needs no `eval`; its address goes through the Trusted Types policy `ringback`.
 */
export function loadPart<Part>(server: string, loader: HTMLScriptElement, name: string): Promise<Part> {
  return new Promise((resolve, reject) => {
    const script: PartScript<Part> = Object.assign(document.createElement('script'), {
      ringback: resolve,
      dom: { adopt, el, fill, icon },
    });
    script.crossOrigin = 'anonymous';
    script.integrity = PARTS.integrity[name] ?? '';
    if (loader.nonce) script.nonce = loader.nonce;
    script.onerror = () => reject(new Error(name));
    script.src = trusted(`${server}/widget/${PARTS.version}/${name}`);
    document.head.append(script);
  });
}

let policy: { createScriptURL(url: string): string } | undefined;

function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  try {
    // Only addresses built above ever reach it.
    policy ??= trustedTypes?.createPolicy('ringback', { createScriptURL: (own) => own });
  } catch {
    // The site does not allow the policy; where it enforces Trusted Types, the assignment will say so.
  }
  return policy?.createScriptURL(url) ?? url;
}
