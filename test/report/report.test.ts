import { expect, test } from 'vitest';
import { buildReport } from '../../src/report/build-report.js';
import { renderReportHtml } from '../../src/report/html/render-report-html.js';
import { plainPalette } from '../../src/report/palette.js';
import { renderReportMarkdown } from '../../src/report/render-report-markdown.js';
import { renderReportText } from '../../src/report/render-report-text.js';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { expectText } from '../cli/expected-text.js';
import { until } from '../cli/record-run.js';
import { doneRun, failedRun, gateRun } from '../cli/recorded-runs.js';

test('a report says when stages ran, every value of a metric, gates and tables', () => {
  const report = buildReport(doneRun)!;
  expect(report).toMatchObject({ pipeline: 'quickstart', status: 'done', exitCode: 0, seconds: 126 });
  const maps = report.stages.find(({ name }) => name === 'maps')!;
  expect(maps).toMatchObject({
    startedAfter: 1,
    seconds: 38,
    peakBytes: 912_345_678,
    kind: 'transfer',
    status: 'done',
  });
  expect(maps.curves.map(({ name, values }) => [name, values.length])).toEqual([
    ['train.loss', 40],
    ['validation.loss', 4],
  ]);
  const diagnosis = report.stages.at(-1)!;
  expect(diagnosis.gates).toHaveLength(1);
  expect(diagnosis.tables[0]!.rows).toHaveLength(5);
  expect(diagnosis.summary).toEqual({});
  expect(diagnosis.curves[0]!.standardErrors).toEqual([0.011]);
});

test('a report of nothing is none, and of half a run says that its end is missing', () => {
  expect(buildReport([])).toBeUndefined();
  const half = buildReport(until(doneRun, 20))!;
  expect(half.status).toBe('running');
  expect(half.seconds).toBeCloseTo(19.9, 5);
});

test('a report names the models whose weights are in bf16', () => {
  const run = doneRun.map((event): RunEvent =>
    event.type === 'run.started' ? { ...event, bf16Models: ['teacher'] } : event,
  );
  const report = buildReport(run)!;
  expect(report.bf16Models).toEqual(['teacher']);
  expect(renderReportMarkdown(report)).toMatch(/weights\W+bf16 in teacher/);
});

test('a report is plain JSON', () => {
  const report = buildReport(failedRun);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test.each([
  { name: 'done', run: doneRun },
  { name: 'failed', run: failedRun },
])('the whole text and the whole Markdown of a run that is $name', ({ name, run }) => {
  const report = buildReport(run)!;
  expectText(`report-${name}.txt`, renderReportText(report, 100, plainPalette));
  expectText(`report-${name}.md`, renderReportMarkdown(report));
});

test('the page needs nothing from elsewhere, and holds charts, tables and gates', () => {
  const page = renderReportHtml(buildReport(gateRun)!);
  expect(page).not.toMatch(/https?:|<script|<link|@import|url\(/);
  expect(page).toContain('prefers-color-scheme:dark');
  expect(page).toContain('<h2>Timeline</h2>');
  expect(page.match(/<svg /g)!.length).toBeGreaterThanOrEqual(6);
  expect(page).toContain('Gate not met');
  expect(page.match(/class="whisker"/g)!.length).toBe(8);
});

test('what a stage says cannot break out of the page', () => {
  const hostile = '<script>alert("&")</script>';
  const run = failedRun.map((event): RunEvent =>
    event.type === 'stage.failed'
      ? { ...event, cause: hostile, lastLines: [hostile] }
      : event.type === 'run.started'
        ? { ...event, pipeline: hostile }
        : event,
  );
  const page = renderReportHtml(buildReport(run)!);
  expect(page).not.toContain('<script');
  expect(page).toContain('&#60;script&#62;alert(&#34;&#38;&#34;)&#60;/script&#62;');
});

test('every element of the page is closed in order', () => {
  const page = renderReportHtml(buildReport(doneRun)!).replace(/<style>[^]*?<\/style>/, '');
  const open: string[] = [];
  const empty = new Set(['meta', '!doctype']);
  for (const [tag, slash = '', name = ''] of page.matchAll(/<(\/?)([!a-z0-9]+)[^>]*>/g)) {
    if (slash === '/') expect(open.pop()).toBe(name);
    else if (!tag.endsWith('/>') && !empty.has(name)) open.push(name);
  }
  expect(open).toEqual([]);
});
