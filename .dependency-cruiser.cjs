/** Who may import whom. Each rule says why; the table in docs/ARCHITECTURE.md says the same in words. */
const node = { dependencyTypesNot: ['type-only'] };
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Split the module, or turn the dependency round with a port.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'contracts-stand-alone',
      severity: 'error',
      comment: 'What both sides share may depend on nobody; only *.schema.ts may use zod.',
      from: { path: '^contracts/' },
      to: { pathNot: '^contracts/|node_modules/zod/' },
    },
    {
      name: 'zod-only-in-schemas',
      severity: 'error',
      comment: 'A plain contract file must be free to bundle into the widget.',
      from: { path: '^contracts/', pathNot: '[.]schema[.]ts$' },
      to: { path: 'node_modules|[.]schema[.]ts$', ...node },
    },
    {
      name: 'kit-is-harmless',
      severity: 'error',
      comment: 'The DMZ uses it too: nothing here may reach a database, a queue or SIP.',
      from: { path: '^server-kit/' },
      to: {
        path: '^(contact-server|routing|web-dmz|embedded)/|node_modules/(mongoose|mongodb|bullmq|ioredis|drachtio-srf)/',
      },
    },
    {
      name: 'routing-has-one-door',
      severity: 'error',
      comment: 'Ask routing through its index.',
      from: { pathNot: '^(routing|test|bench)/' },
      to: { path: '^routing/', pathNot: '^routing/index[.]ts$' },
    },
    {
      name: 'routing-knows-no-calls',
      severity: 'error',
      comment: 'Routing decides who gets whom; it knows nothing of SIP, pages or HTTP.',
      from: { path: '^routing/' },
      to: { path: '^(contact-server|web-dmz|embedded)/|node_modules/(koa|drachtio-srf|ws)/' },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'Domain code knows no clock, no network, no library: only itself and the contracts.',
      from: { path: '^(contact-server|routing)/domain/' },
      to: { pathNot: '^contracts/|^$1/domain/' },
    },
    {
      name: 'ports-name-no-library',
      severity: 'error',
      comment: 'A port speaks our words, so that the thing behind it can be swapped.',
      from: { path: '^contact-server/ports/' },
      to: { pathNot: '^contracts/|^contact-server/(domain|ports)/|^server-kit/clock[.]ts$' },
    },
    {
      name: 'app-uses-ports',
      severity: 'error',
      comment: 'Use cases know ports; only main.ts knows which adapter is behind one.',
      from: { path: '^contact-server/(app|services)/' },
      to: {
        path: '^contact-server/(adapters|http|dmz-link|cas|main)|node_modules/(drachtio-srf|mongoose|mongodb|bullmq|ioredis|koa)',
        ...node,
      },
    },
    {
      name: 'adapters-are-plugged-in-main',
      severity: 'error',
      comment: 'Construct adapters in main.ts and hand them on.',
      from: { pathNot: '^contact-server/(adapters/|main[.]ts)|^(test|bench)/' },
      to: { path: '^contact-server/adapters/' },
    },
    {
      name: 'one-library-one-folder',
      severity: 'error',
      comment: 'drachtio-srf is imported in its adapter, nowhere else.',
      from: { pathNot: '^contact-server/(adapters/drachtio/|main[.]ts)|^(test|bench)/' },
      to: { path: 'node_modules/drachtio-srf' },
    },
    {
      name: 'dmz-holds-no-secrets',
      severity: 'error',
      comment:
        'The DMZ must stay harmless when it is taken over: no database, no queue, no SIP, none of our server code.',
      from: { path: '^web-dmz/' },
      to: {
        pathNot:
          '^(web-dmz|contracts|server-kit)/|node_modules/(@types/)?(koa|koa-router|pino|zod|ws)/|^node:|^[a-z_/]+$',
      },
    },
    {
      name: 'widget-weighs-nothing',
      severity: 'error',
      comment: 'The widget runs on pages of strangers: no packages, and only types from schemas.',
      from: { path: '^widget/' },
      to: { pathNot: '^(widget|contracts)/' },
    },
    {
      name: 'browsers-take-only-types-from-schemas',
      severity: 'error',
      comment: 'Importing a schema value would bring zod into the browser.',
      from: { path: '^(widget|agent-portal)/' },
      to: { path: '[.]schema[.]ts$', ...node },
    },
    {
      name: 'browsers-and-servers-apart',
      severity: 'error',
      comment: 'They meet in contracts/ and on the wire.',
      from: { path: '^(widget|agent-portal)/' },
      to: { path: '^(contact-server|web-dmz|routing|server-kit|embedded)/' },
    },
    {
      name: 'embedded-stands-below',
      severity: 'error',
      comment: 'A back end must be replaceable: it knows nothing of the product above server-kit.',
      from: { path: '^embedded/' },
      to: { path: '^(contracts|routing|contact-server|web-dmz|widget|agent-portal)/' },
    },
    {
      name: 'no-production-on-test',
      severity: 'error',
      comment: 'Fakes live in test/ and stay there.',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
