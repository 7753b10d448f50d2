import type { JSX } from 'preact';

const paths = {
  warning: 'M8 2.2 14.5 13.5h-13zM8 6.5v3.4M8 11.6v.4',
  check: 'M3 8.5 6.5 12 13 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  phone:
    'M3.2 2.5h2.6l1.2 3-1.6 1.3a8 8 0 0 0 3.8 3.8l1.3-1.6 3 1.2v2.6c0 .4-.3.7-.7.7A10.8 10.8 0 0 1 2.5 3.2c0-.4.3-.7.7-.7z',
  down: 'M4 6l4 4 4-4',
  gear: 'M8 5.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4zM8 1.8v1.8M8 12.4v1.8M1.8 8h1.8M12.4 8h1.8M3.6 3.6l1.3 1.3M11.1 11.1l1.3 1.3M3.6 12.4l1.3-1.3M11.1 4.9l1.3-1.3',
  keys: 'M1.8 4.5h12.4v7H1.8zM4 7h.1M6.6 7h.1M9.2 7h.1M11.8 7h.1M5 9.4h6',
  leave: 'M6.5 2.5h-4v11h4M7 8h7M11 5l3 3-3 3',
  reload: 'M13 3.5v3.2H9.8M12.7 6.7A5.2 5.2 0 1 0 13 9.5',
  window: 'M9.5 2.5h4v4M13.2 2.8 8 8M6.5 3.5h-4v10h10v-4',
  code: 'M3 3.5h10v9H3zM5.5 6.5h.1M8 6.5h.1M10.5 6.5h.1M5.5 9.5h.1M8 9.5h.1M10.5 9.5h.1',
  board: 'M2.5 13.5v-5h3v5M6.5 13.5v-11h3v11M10.5 13.5v-8h3v8',
  rules: 'M2.5 4h6.5M12.5 4h1M11 2.5v3M2.5 8h1M6.5 8h7M5 6.5v3M2.5 12h6.5M12.5 12h1M11 10.5v3',
  desk: 'M2 3h12v8H2zM8 11v2.5M5 13.5h6',
} as const;

export type IconName = keyof typeof paths;

/** A line drawing of 16 px; its meaning always stands beside it in words, so it is hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
