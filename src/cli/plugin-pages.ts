import type { OptionSchema, OptionsSchema } from '../base/json-schema.js';
import type { MetricDeclaration } from '../base/signatures.js';
import type { Palette } from '../report/palette.js';
import { displayWidth, pad, wrapText } from '../report/text-width.js';
import type { ComponentPlugin, Plugin, StagePlugin } from '../runtime/contract/plugin.js';
import { typeWords, valueWords } from './option-words.js';

/** How wide a page is and how it stands out. */
export interface PageSpace {
  readonly width: number;
  readonly palette: Palette;
}

/** Everything that a file can name, one line each, grouped by kind. */
export function overviewLines(plugins: readonly Plugin[], space: PageSpace): readonly string[] {
  const stages = plugins.filter((plugin): plugin is StagePlugin => plugin.type === 'stage');
  const components = plugins.filter((plugin): plugin is ComponentPlugin => plugin.type === 'component');
  const kinds = [...new Set(components.map(({ kind }) => kind))];
  const nameWidth = Math.max(...plugins.map((plugin) => displayWidth(nameOf(plugin))));
  return [
    ...section('blocks', stages, nameWidth, space),
    ...kinds.flatMap((kind) => [
      '',
      ...section(
        kind,
        components.filter((component) => component.kind === kind),
        nameWidth,
        space,
      ),
    ]),
    '',
    ...wrapText('"hpl plugins NAME" shows one of them with all its settings.', space.width).map(
      space.palette.dim,
    ),
  ];
}

/** One plugin with its settings, and the metrics that its conditions can name where they are known. */
export function pluginPage(
  plugin: Plugin,
  metrics: readonly MetricDeclaration[],
  space: PageSpace,
): readonly string[] {
  const { palette, width } = space;
  const what = plugin.type === 'stage' ? `block, gives a ${plugin.output}` : plugin.kind;
  return [
    `${palette.bold(nameOf(plugin))}  ${palette.dim(what)}`,
    ...wrapText(plugin.summary, width),
    ...(plugin.source === undefined ? [] : wrapText(plugin.source, width).map(palette.dim)),
    '',
    ...settingLines(plugin.options, space),
    ...metricLines(metrics, space),
    '',
    ...exampleOf(plugin).map((line) => `  ${palette.cyan(line)}`),
  ];
}

/** The name by which a file knows a plugin. */
export function nameOf(plugin: Plugin): string {
  return plugin.type === 'stage' ? plugin.kind : plugin.name;
}

function section(
  title: string,
  plugins: readonly Plugin[],
  nameWidth: number,
  { width, palette }: PageSpace,
): readonly string[] {
  const room = Math.max(20, width - nameWidth - 4);
  const rows = plugins.flatMap((plugin) =>
    wrapText(plugin.summary, room).map((line, index) => {
      const name = pad(index === 0 ? nameOf(plugin) : '', nameWidth);
      return `  ${palette.cyan(name)}  ${line}`.trimEnd();
    }),
  );
  return [palette.bold(title), ...rows];
}

function settingLines(options: OptionsSchema, space: PageSpace): readonly string[] {
  const entries = Object.entries(options.properties);
  if (entries.length === 0) return [space.palette.dim('It has no settings.')];
  const required = new Set(options.required ?? []);
  return [
    space.palette.bold('Settings'),
    ...entries.flatMap(([name, schema]) => settingLine(name, schema, required.has(name), space)),
  ];
}

function settingLine(
  name: string,
  schema: OptionSchema,
  isRequired: boolean,
  { width, palette }: PageSpace,
): readonly string[] {
  const given = schema.default === undefined ? '' : ` = ${valueWords(schema.default, schema)}`;
  const need = isRequired
    ? `  ${palette.yellow('required')}`
    : schema.default === undefined
      ? `  ${palette.dim('optional')}`
      : '';
  const words = [schema.description, typeWords(schema)].filter((text) => text !== undefined && text !== '');
  const [description, type] = words.length === 2 ? words : ['', words[0]];
  return [
    `  ${palette.cyan(name)}${given}${need}`,
    ...(description === '' ? [] : wrapText(description ?? '', width - 6).map((line) => `      ${line}`)),
    ...wrapText(type ?? '', width - 6).map((line) => `      ${palette.dim(line)}`),
  ];
}

function metricLines(
  metrics: readonly MetricDeclaration[],
  { width, palette }: PageSpace,
): readonly string[] {
  if (metrics.length === 0) return [];
  const nameWidth = Math.max(...metrics.map(({ name }) => displayWidth(name)));
  const room = Math.max(20, width - nameWidth - 4);
  return [
    '',
    palette.bold('Metrics, for its conditions'),
    ...metrics.flatMap(({ name, description }) =>
      wrapText(description, room).map(
        (line, index) => `  ${palette.cyan(pad(index === 0 ? name : '', nameWidth))}  ${line}`,
      ),
    ),
  ];
}

/** The shortest valid use: the required settings with a placeholder each. */
function exampleOf(plugin: Plugin): readonly string[] {
  const settings = (plugin.options.required ?? []).map((name) => `${name} = …`).join(', ');
  const head = plugin.type === 'stage' ? `${plugin.kind} NAME` : plugin.name;
  if (settings !== '') return [`${head} { ${settings} }`];
  return [plugin.type === 'stage' ? `${head} { }` : head];
}
