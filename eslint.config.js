import tseslint from 'typescript-eslint';

export default tseslint.config(
  // The demo's own pages are plain scripts of another program, not of this project.
  { ignores: ['build/**', 'var/**', '*.cjs', '*.js', '**/*.html', 'embedded/demo/{shop,panel}/**'] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      // koa's callback() returns a promise to http.createServer, which wants none
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-empty-function': ['error', { allow: ['arrowFunctions'] }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Export by name: one word for one thing, everywhere.',
        },
        { selector: 'ExportAllDeclaration', message: 'Name what you export.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of strings.' },
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Settings are read once, in config.ts, from main.ts.',
        },
        { object: 'Date', property: 'now', message: 'Ask the Clock.' },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  // Programs read the environment, and the clock is made somewhere.
  {
    files: ['**/main.ts', 'server-kit/clock.ts', 'bench/**', 'deploy/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  // The back ends and the demo are programs of their own, outside the product: they keep their own time.
  { files: ['embedded/**', 'widget/**', 'agent-portal/**'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['deploy/**', 'bench/**'], rules: { 'no-console': 'off' } },
  // Domain machines must answer every fact: no default lets the compiler list what is missing.
  {
    files: ['contact-server/domain/**', 'routing/domain/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'SwitchStatement > SwitchCase[test=null]',
          message: 'No default: let the compiler list the missing cases.',
        },
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Export by name: one word for one thing, everywhere.',
        },
      ],
    },
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-properties': 'off',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: 'Do not sleep: wait for a Mailbox, an event or the FakeClock.' },
      ],
    },
  },
  { files: ['test/support/**'], rules: { 'no-restricted-globals': 'off' } },
);
