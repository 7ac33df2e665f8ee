/** The import arrows of ARCHITECTURE.md. A -> B: A may import B; nothing else, no cycles. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src|grammar)/', pathNot: [from, ...allowed] },
});

const packageOnlyIn = (name, packages, places, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^(src|grammar)/', pathNot: places },
  to: { path: packages.map((item) => `node_modules/${item}`) },
});

const contract = '^src/runtime/contract/';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Break the knot with a type in base or an argument.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    only(
      'base-imports-nothing',
      '^src/base/',
      [],
      'base holds the words that every layer uses; move what needs more elsewhere.',
    ),
    only('grammar-imports-nothing-of-ours', '^grammar/', [], 'The grammar is syntax alone.'),
    only(
      'language-arrows',
      '^src/language/',
      ['^src/base/', '^grammar/'],
      'language may use base and grammar; plugins reach it as Signatures.',
    ),
    only(
      'contract-arrows',
      contract,
      ['^src/base/'],
      'The contract is what plugin authors read: it may use base alone.',
    ),
    only(
      'runtime-arrows',
      '^src/runtime/',
      ['^src/base/', '^src/language/checked-pipeline'],
      'The runtime knows no plugin and no tensor.',
    ),
    only(
      'model-arrows',
      '^src/model/',
      ['^src/base/'],
      'model is numerics on tensors; it may use base alone.',
    ),
    only(
      'plugins-arrows',
      '^src/plugins/',
      ['^src/base/', '^src/model/', contract],
      'A plugin knows base, model and the contract.',
    ),
    only(
      'report-arrows',
      '^src/report/',
      ['^src/base/', '^src/runtime/contract/'],
      'Reports are folds over events.',
    ),
    {
      name: 'no-stage-imports-another',
      comment: 'Stages share code through model/ or plugins/training and the like, not through one another.',
      severity: 'error',
      from: { path: '^src/plugins/stages/([^/]+)/' },
      to: { path: '^src/plugins/stages/', pathNot: '^src/plugins/stages/$1/' },
    },
    packageOnlyIn(
      'chevrotain-in-grammar',
      ['chevrotain'],
      ['^grammar/', '^src/language/(parse|build-ast)'],
      'Only the grammar, parse and build-ast know Chevrotain.',
    ),
    packageOnlyIn(
      'rxjs-in-runtime',
      ['rxjs'],
      ['^src/runtime/', '^src/cli/'],
      'Observables stay in the runtime and the command line.',
    ),
    packageOnlyIn(
      'tfjs-in-model-and-plugins',
      ['@tensorflow/'],
      ['^src/model/', '^src/plugins/', '^src/testing/', '^src/index'],
      'Tensors stay in model and plugins.',
    ),
    packageOnlyIn(
      'ajv-in-options-schema',
      ['ajv'],
      ['^src/runtime/options-schema'],
      'Schemas are validated in one file.',
    ),
    packageOnlyIn(
      'tsyringe-at-the-root',
      ['tsyringe', 'reflect-metadata'],
      ['^src/cli/', '^src/plugins/', '^src/runtime/contract/'],
      'The container lives in the composition root; plugins only mark what is injected.',
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
