import type { Settings } from '../shared/core.ts';

/** Reads the attributes of the script element; all of them may be left out. */
export function readSettings(script: HTMLScriptElement): Settings {
  const value = (name: string): string | undefined => script.getAttribute(`data-${name}`) ?? undefined;
  const list = (name: string): string[] =>
    value(name)
      ?.split(/[\s,]+/)
      .filter(Boolean) ?? [];
  return {
    service: value('service') ?? 'default',
    language: value('language') ?? (document.documentElement.lang || undefined),
    country: value('country')?.toUpperCase(),
    privacy: value('privacy'),
    origins: list('origins'),
    strip: list('strip'),
    keep: list('keep'),
    sessionFromStart: value('session') === 'page',
    openShadow: value('open-shadow') !== undefined,
  };
}

/** The page's own texts: a JSON object in the element `data-texts` names. */
export function readTexts(script: HTMLScriptElement): Readonly<Record<string, string>> {
  const id = script.getAttribute('data-texts');
  const text = id === null ? null : document.getElementById(id)?.textContent;
  try {
    return JSON.parse(text ?? '{}') as Record<string, string>;
  } catch {
    return {}; // a slip in the page's texts must not take the button away
  }
}
