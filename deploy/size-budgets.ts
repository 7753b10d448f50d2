/** What a file may weigh, gzipped: it runs on the pages of others, on telephones. */
export const sizeBudgets: readonly {
  readonly target: string;
  readonly file: string;
  readonly mostBytes: number;
}[] = [
  { target: 'widget', file: 'widget.js', mostBytes: 4 * 1024 },
  { target: 'widget', file: 'panel.js', mostBytes: 15 * 1024 },
  { target: 'widget', file: 'pages.js', mostBytes: 5 * 1024 },
];
