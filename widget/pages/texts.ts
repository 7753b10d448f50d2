/** The sentences of page sharing, by id; a page replaces them with its `data-texts`. */
export const texts = {
  'share.ask': '{agent} would like to see the pages you visit here',
  'share.allow': 'Allow',
  'share.later': 'Not now',
  'share.on': 'Sharing this page',
  'share.with': 'Sharing this page with {names}',
  'share.stop': 'Stop',
} as const;
