import type { Palette } from '../report/palette.js';
import { pad, wrapText } from '../report/text-width.js';
import type { PlannedStage } from '../runtime/planned.js';
import { paletteFor, wantsColour } from './colour.js';
import { CommandFailure } from './command-failure.js';
import type { PlanningOptions } from './planning-options.js';
import { planFile } from './compile-file.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { valueWords } from './option-words.js';
import { didYouMean } from './suggestion.js';

/** Says why one stage would run, and what its result depends on. Gives the exit code. */
export async function showWhy(name: string, file: string, options: PlanningOptions, io: Io): Promise<number> {
  const { plan } = await planFile(file, options, io);
  const stage = plan.stages.find((planned) => planned.name === name);
  if (stage === undefined) {
    const known = plan.stages.map((planned) => planned.name);
    throw new CommandFailure(
      `No stage is named "${name}".${didYouMean(name, known)} Stages of ${plan.pipeline}: ${known.join(', ')}.`,
    );
  }
  const palette = paletteFor(wantsColour(io.stdout.isTTY === true, io.env));
  io.stdout.write(`${explanation(stage, plan.stages, palette, io.stdout.columns ?? 100).join('\n')}\n`);
  return exitCodes.done;
}

const verdicts: Readonly<Record<PlannedStage['action'], string>> = {
  run: 'would run',
  cached: 'is cached',
  resume: 'would go on from its checkpoint',
};

function explanation(
  stage: PlannedStage,
  all: readonly PlannedStage[],
  palette: Palette,
  width: number,
): readonly string[] {
  const rows = dependencies(stage, all);
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  return [
    `${palette.bold(stage.name)} (${stage.kind}) ${verdicts[stage.action]}: ${stage.reason}`,
    '',
    'Its result depends on:',
    ...rows.flatMap(([name, text]) =>
      wrapText(text, Math.max(20, width - nameWidth - 4)).map(
        (line, index) => `  ${palette.dim(pad(index === 0 ? name : '', nameWidth))}  ${line}`,
      ),
    ),
    '',
    `fingerprint ${stage.fingerprint}`,
  ];
}

function dependencies(
  stage: PlannedStage,
  all: readonly PlannedStage[],
): readonly (readonly [string, string])[] {
  const { key } = stage;
  const code = [key.plugin, ...key.components].map(
    ({ name, version, origin, source }) =>
      ['code', `${name}, version ${version} of ${origin} (${source.slice(0, 12)})`] as const,
  );
  const inputs = key.inputs.map(({ stage: input, fingerprint }) => {
    const action = all.find(({ name }) => name === input)?.action ?? 'run';
    return ['input', `${input}, which ${verdicts[action]} (${fingerprint.slice(0, 12)})`] as const;
  });
  const apart = new Set([...key.inputs, ...key.files].map(({ pointer }) => pointer.split('/')[1]));
  const options = Object.entries(stage.options)
    .filter(([name]) => !apart.has(name))
    .map(([name, value]) => ['option', `${name} = ${valueWords(value)}`] as const);
  const files = key.files.map(({ path, content }) => ['file', `${path} (${content.slice(0, 12)})`] as const);
  const backend = key.backend === null ? [] : [['backend', key.backend.name] as const];
  return [...inputs, ...files, ...options, ['seed', key.seed], ...backend, ...code];
}
