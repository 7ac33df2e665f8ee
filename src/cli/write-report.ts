import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf } from '../base/reason.js';
import { codeOf } from '../base/system-error.js';
import { buildReport } from '../report/build-report.js';
import { renderReportMarkdown } from '../report/render-report-markdown.js';
import { renderReportText } from '../report/render-report-text.js';
import type { Report } from '../report/report.js';
import { paletteFor, wantsColour } from './colour.js';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { readRun } from './read-run.js';
import { findRun } from './find-run.js';

/** The forms of a report. */
export type ReportFormat = 'text' | 'markdown' | 'json' | 'html';

/** What the command line gives to `hpl report`. */
export interface ReportOptions {
  readonly format: ReportFormat;
  readonly out?: string;
  readonly store?: string;
}

/** Writes one run as a document. Gives the exit code. */
export async function writeReport(run: string, options: ReportOptions, io: Io): Promise<number> {
  const { events, id } = await findRun(options.store, run);
  const report = buildReport(await readRun(events));
  if (report === undefined) throw new CommandFailure(`The run ${id} ended before it wrote anything.`);
  const text = await rendered(report, options, io);
  if (options.out === undefined) {
    io.stdout.write(text);
    return exitCodes.done;
  }
  await writeFile(options.out, text).catch((error: unknown) => {
    throw cannotWrite(options.out ?? '', error);
  });
  io.stderr.write(`wrote ${options.out}\n`);
  return exitCodes.done;
}

function cannotWrite(file: string, error: unknown): CommandFailure {
  const reason = codeOf(error) === 'ENOENT' ? `there is no folder "${dirname(file)}"` : reasonOf(error);
  return new CommandFailure(`The report cannot be written to "${file}": ${reason}.`);
}

async function rendered(report: Report, { format, out }: ReportOptions, io: Io): Promise<string> {
  const renderers: Readonly<Record<ReportFormat, () => Promise<string> | string>> = {
    text: () => {
      const colour = out === undefined && wantsColour(io.stdout.isTTY === true, io.env);
      return renderReportText(report, io.stdout.columns ?? 100, paletteFor(colour));
    },
    markdown: () => renderReportMarkdown(report),
    json: () => `${JSON.stringify(report, undefined, 2)}\n`,
    html: async () => (await import('../report/html/render-report-html.js')).renderReportHtml(report),
  };
  return renderers[format]();
}
