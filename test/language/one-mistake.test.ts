import { expect, test } from 'vitest';
import { expectOne, pipeline, stage } from './expect.js';

const convert = (settings: string): string => stage('convert', settings);
const transfer = (settings: string): string =>
  stage('transfer', `model = teacher, data = speeches\n    ${settings}`);
const ablate = (settings: string): string =>
  stage(
    'ablate',
    `model = teacher\n    branches = [both, linear]\n    tasks = [recall, perplexity { data = speeches }]\n    ${settings}`,
  );

const rows: readonly [mistake: string, text: string, code: string][] = [
  ['a character that begins nothing', pipeline('  seed «@»= 7'), 'unexpected-character'],
  ['a run of such characters', pipeline('  seed = «§§§»7'), 'unexpected-character'],
  [
    'a string without its closing quote',
    pipeline('  model m { source = «"models »\n  }'),
    'unterminated-string',
  ],
  ['a string in single quotes', pipeline("  model m { source = «'models'» }"), 'single-quotes'],
  ['an escape that means nothing', pipeline('  model m { source = "C:«\\m»odels" }'), 'unknown-escape'],
  ['a comment of another language', pipeline('  seed = 7 «// why»'), 'slash-comment'],
  [
    'a list that is not closed',
    convert('model = teacher\n    layers = «[»1, 2\n    window = 3'),
    'unclosed-bracket',
  ],
  ['a condition that is not closed', transfer('stop = «(»epochs > 1'), 'unclosed-bracket'],
  [
    'a stage that is not closed',
    pipeline('  model a «{»\n    source = "a"\n\n  model b { source = "b" }'),
    'unclosed-bracket',
  ],
  ['a pipeline that is not closed', 'hpl 1\npipeline p «{»\n  seed = 7\n', 'unclosed-bracket'],
  ['a brace too many', `${pipeline('  seed = 7')}«}»\n`, 'unopened-bracket'],
  ['a brace on a line of its own', 'hpl 1\npipeline p\n«{»\n  seed = 7\n}\n', 'misplaced-brace'],
  ['nesting without end', pipeline(`  seed = ${'('.repeat(70)}1${')'.repeat(70)}`), 'too-complex'],
  [
    'a value that is missing before another setting',
    convert('model = teacher\n    window «=»\n    mix = fixed'),
    'missing-value',
  ],
  ['a value that is missing before a brace', pipeline('  model m { source «=» }'), 'missing-value'],
  ['an operand that is missing', transfer('stop = epochs «>=»'), 'missing-value'],
  [
    'a step of a schedule that is missing',
    stage(
      'finetune',
      'model = teacher, data = speeches\n    dropout = window_dropout { schedule = 0.9 «->» }',
    ),
    'missing-value',
  ],
  ['two settings with nothing between', convert('model = teacher «window» = 3'), 'missing-separator'],
  ['two settings, the first a number', convert('window = 3 «model» = teacher'), 'missing-separator'],
  ['a word of the language as a name', pipeline('  param «for» = 3'), 'reserved-word'],
  ['a word of the language as a setting', pipeline('  «not» = 3'), 'reserved-word'],
  ['a setting without "="', pipeline('  seed «7»'), 'unexpected-token'],
  ['a list without commas', convert('model = teacher, window = 3\n    layers = [«1» 2 3]'), 'missing-comma'],
  [
    'a comma that is missing between elements on lines of their own',
    stage(
      'ablate',
      'model = teacher, tasks = [recall]\n    branches = [\n      both,\n      «window»\n      linear,\n    ]',
    ),
    'missing-comma',
  ],
  [
    'a comma that is missing between components',
    stage(
      'ablate',
      'model = teacher, branches = [both]\n    tasks = [perplexity { data = speeches «}» recall { distance = 3 tokens }]',
    ),
    'missing-comma',
  ],
  [
    'a comma that is missing between arguments',
    transfer('stop = plateau(validation.«loss» 3 evals)'),
    'missing-comma',
  ],
  ['a colon for "="', convert('model = teacher\n    window«:» 3'), 'unexpected-character'],
  ['a setting of a stage without "="', convert('model = teacher\n    window «3»'), 'unexpected-token'],
  [
    'a setting of a stage without "=", whose value is a word',
    convert('model = teacher, window = 3\n    mix «fixed»'),
    'unexpected-token',
  ],
  ['an assignment in a condition', transfer('stop = epochs «=» 2'), 'unexpected-token'],
  [
    'a stage without its brace',
    pipeline('  model «m»\n    source = "m"\n  }\n  convert c { model = m, window = 3 }'),
    'unexpected-token',
  ],
  [
    'a block without the name that others refer to',
    pipeline('  «model» { source = "x" }\n  convert c { model = m, window = 3 }'),
    'missing-block-name',
  ],
  ['a value that is an operator', pipeline('  seed = «=» 7'), 'unexpected-token'],
  ['a word with nothing behind', pipeline('  «seed»\n  backend = wasm'), 'unexpected-token'],
  ['a file without its version', '«p»ipeline p {\n}\n', 'missing-version'],
  ['a version from the future', 'hpl «2»\npipeline p {\n}\n', 'unsupported-version'],
  ['a file without a pipeline', 'hpl «1»\n', 'missing-pipeline'],
  ['stages without a pipeline', 'hpl 1\n«model m { source = "x" }»\n', 'missing-pipeline'],
  ['two pipelines', 'hpl 1\npipeline a {\n}\npipeline «b» {\n}\n', 'second-pipeline'],
  ['a block without a name', pipeline('  «model» { source = "x" }'), 'missing-block-name'],
  [
    'a block in a block',
    convert('model = teacher, window = 3\n    «model» m { source = "x" }'),
    'misplaced-item',
  ],
  ['a param in a block', convert('model = teacher, window = 3\n    param «p» = 3'), 'misplaced-item'],
  ['a stage outside the pipeline', `${pipeline('')}«model» m { source = "x" }\n`, 'misplaced-item'],
  ['a plugin inside the pipeline', pipeline('  «use "./x.ts"»'), 'misplaced-item'],
  ['the version below', 'pipeline p {\n}\n«hpl 1»\n', 'misplaced-item'],
  ['a matrix', pipeline('  «matrix» { seed = 1..3 }'), 'not-supported'],
  ['a setting twice', convert('model = teacher, window = 3, «window» = 4'), 'duplicate-setting'],
  ['a setting of the pipeline twice', pipeline('  seed = 1\n  «seed» = 2'), 'duplicate-setting'],
  [
    'two stages of one name',
    pipeline('  model m { source = "x" }\n  model «m» { source = "y" }'),
    'duplicate-name',
  ],
  [
    'a param with the name of a stage',
    pipeline('  param m = 3\n  model «m» { source = "y" }\n  seed = m'),
    'duplicate-name',
  ],
  [
    'a setting that is missing',
    pipeline('  model m { source = "m" }\n  «convert c» { model = m }'),
    'missing-setting',
  ],
  [
    'a setting of a component that is missing',
    stage('ablate', 'model = teacher, branches = [both], tasks = [«perplexity»]'),
    'missing-setting',
  ],
  [
    'a plugin that throws',
    stage('faulty', 'stop = epochs > 1').replace('faulty tested', '«faulty tested»'),
    'plugin-failed',
  ],
  [
    'a kind that does not exist',
    stage('«convrt»', 'model = teacher, window = 3, nonsense = 7'),
    'unknown-kind',
  ],
  ['a setting that does not exist', convert('model = teacher, window = 3, «flavour» = 4'), 'unknown-setting'],
  ['a required setting that is misspelt', convert('model = teacher, «windw» = 3'), 'unknown-setting'],
  ['a setting of the pipeline that does not exist', pipeline('  «sead» = 3'), 'unknown-setting'],
  [
    'a setting of a component that does not exist',
    convert('model = teacher, window = 3, mix = fixed { «windw» = 0.5 }'),
    'unknown-setting',
  ],
  [
    'a component that does not exist',
    convert('model = teacher, window = 3, mix = «fixd»'),
    'unknown-component',
  ],
  ['a backend that does not exist', pipeline('  backend = «wsam»'), 'unknown-component'],
  [
    'a component of another kind',
    convert('model = teacher, window = 3, mix = «hedgehog»'),
    'unknown-component',
  ],
  ['a reference to nothing', convert('model = «techer», window = 3'), 'unknown-reference'],
  ['a reference to a stage of another type', convert('model = «speeches», window = 3'), 'wrong-artifact'],
  ['a stage that waits for itself', convert('model = «tested», window = 3'), 'stage-cycle'],
  [
    'stages that wait for each other',
    pipeline('  convert a { model = «b», window = 3 }\n  convert b { model = a, window = 3 }'),
    'stage-cycle',
  ],
  ['a metric that does not exist', transfer('stop = «validation.los» < 2'), 'unknown-metric'],
  [
    'a metric of a task that is not there',
    ablate('require = «none.recall.accuracy» > 0.5'),
    'unknown-metric',
  ],
  ['a metric in a function', transfer('stop = plateau(«validation.accuracy», 3 evals)'), 'unknown-metric'],
  [
    'a word that is no choice',
    convert('model = teacher, window = 3, linear_scope = «everything»'),
    'unknown-word',
  ],
  ['a unit that does not exist', convert('model = teacher, window = 3 «tokns»'), 'unknown-unit'],
  ['a unit that does not exist, in a condition', transfer('stop = epochs > 1 «epoch_»'), 'unknown-unit'],
  [
    'a function that does not exist',
    transfer('stop = «platau»(validation.loss, 3 evals)'),
    'unknown-function',
  ],
  ['a param that nothing uses', pipeline('  param «p» = 3'), 'unused-param'],
  ['a word for a string', pipeline('  model m { source = «models» }'), 'type-mismatch'],
  ['a string for a number', convert('model = teacher, window = «"16"»'), 'type-mismatch'],
  ['a string for a word', convert('model = teacher, window = 3, linear_scope = «"all"»'), 'type-mismatch'],
  ['a fraction for a whole number', convert('model = teacher, window = «1.5»'), 'type-mismatch'],
  ['a number for a boolean', pipeline('  data d { source = "x", shuffle = «1» }'), 'type-mismatch'],
  ['a number for a list', convert('model = teacher, window = 3, layers = «3»'), 'type-mismatch'],
  ['a number for a component', convert('model = teacher, window = 3, mix = «3»'), 'type-mismatch'],
  ['a string for a reference', convert('model = «"teacher"», window = 3'), 'type-mismatch'],
  [
    'a list for a schedule',
    stage(
      'finetune',
      'model = teacher, data = speeches\n    dropout = window_dropout { schedule = «[0.9, 0.5]» }',
    ),
    'type-mismatch',
  ],
  ['a calculation for a number', pipeline('  seed = «1 + 1»'), 'type-mismatch'],
  ['a unit of another dimension', convert('model = teacher, window = «16 epochs»'), 'unit-mismatch'],
  ['a unit where none belongs', pipeline('  seed = «7 tokens»'), 'unit-mismatch'],
  ['a time for a count of evaluations', transfer('stop = epochs > 1 for «2 min»'), 'unit-mismatch'],
  ['a metric compared with another unit', transfer('stop = epochs > «3 tokens»'), 'unit-mismatch'],
  [
    'a metric without a unit compared with one',
    transfer('stop = validation.loss > «3 min»'),
    'unit-mismatch',
  ],
  ['a metric as a condition', transfer('stop = «validation.loss»'), 'invalid-condition'],
  ['a number as a condition', transfer('stop = «3 epochs»'), 'invalid-condition'],
  ['a chain of comparisons', transfer('stop = «1 < epochs» < 3'), 'invalid-condition'],
  ['a string in a comparison', transfer('stop = epochs > «"three"»'), 'invalid-condition'],
  ['a plateau without its length', transfer('stop = «plateau(validation.loss)»'), 'invalid-condition'],
  ['no evaluations at all', transfer('stop = epochs > 1 for «0 evals»'), 'invalid-condition'],
  ['a number that is too small', convert('model = teacher, window = «0 tokens»'), 'out-of-range'],
  [
    'a number in a component that is too large',
    convert('model = teacher, window = 3, mix = fixed { window = «1.5» }'),
    'out-of-range',
  ],
  [
    'a percentage that is too large',
    pipeline('  data d { source = "x", holdout = «120 %» }'),
    'out-of-range',
  ],
  [
    'a schedule that leaves its bounds',
    stage(
      'finetune',
      'model = teacher, data = speeches\n    dropout = window_dropout { schedule = «0.9 -> 5» }',
    ),
    'out-of-range',
  ],
  [
    'a list that is too short',
    stage('ablate', 'model = teacher, tasks = [recall], branches = «[]»'),
    'out-of-range',
  ],
  ['a range that goes down', convert('model = teacher, window = 3, layers = «3..1»'), 'out-of-range'],
  ['an element twice', convert('model = teacher, window = 3, layers = «[1, 1]»'), 'invalid-value'],
  [
    'a condition that goes on below',
    transfer('stop = epochs >= 1 «or»\n      plateau(validation.loss, 3 evals)'),
    'missing-value',
  ],
  ['a rule of the plugin', transfer('checkpoint_every = «13 s»'), 'rule-not-met'],
  ['a rule of a component', transfer('optimizer = adamw { warmup = «13 steps» }'), 'rule-not-met'],
];

test.each(rows)('%s is one diagnostic', (_mistake, text, code) => {
  expect(expectOne(text, code)).toMatch(/^["A-Z-].*[.)]$/s);
});

const overrides: readonly [mistake: string, set: Readonly<Record<string, string>>, code: string][] = [
  ['a param that does not exist', { windw: '3' }, 'unknown-param'],
  ['a value of another kind', { window: '"3"' }, 'param-type'],
  ['a value that is out of range', { window: '0' }, 'out-of-range'],
  ['a value of another dimension', { window: '3 epochs' }, 'unit-mismatch'],
  ['no value', { window: '' }, 'missing-value'],
  ['a value with more behind', { window: '3 tokens 4' }, 'unexpected-token'],
  ['a name that is no name', { '3x': '4' }, 'unexpected-token'],
];

test.each(overrides)('--set with %s is one diagnostic', (_mistake, set, code) => {
  const text = pipeline(`  param window = 16 tokens
  model m { source = "m" }
  convert c { model = m, window = window }`);
  expect(expectOne(text, code, set)).toMatch(/[.)]$/);
});

test('a wrong value of a param that is used twice is one diagnostic', () => {
  const text = pipeline(`  param window = «16 epochs»
  model m { source = "m" }
  convert a { model = m, window = window }
  convert b { model = m, window = window }`);
  expect(expectOne(text, 'unit-mismatch')).toContain('16 epochs');
});
