import { formatBytes } from '../base/format-quantity.js';
import type { CaseResult } from '../model/conformance/run-conformance.js';
import type { Palette } from '../report/palette.js';
import { renderTable } from '../report/render-table.js';
import type { ResultTable, TableColumn } from '../report/result-table.js';
import { wrapText } from '../report/text-width.js';
import { automaticBackend, deviations, type BackendDiagnosis, type Diagnosis } from './diagnosis.js';

/** The diagnosis for a reader, in lines of at most `width` columns. */
export function renderDiagnosis(diagnosis: Diagnosis, width: number, palette: Palette): string {
  const automatic = automaticBackend(diagnosis);
  const lines = [
    machineLine(diagnosis),
    '',
    ...renderTable(
      { title: '', columns, rows: diagnosis.backends.map(backendRow), notes: [] },
      width,
      palette,
    ),
    '',
    automatic === undefined ? 'No backend is ready.' : `"backend = auto" takes ${palette.bold(automatic)}.`,
    ...diagnosis.backends.flatMap((backend) => complaint(backend, width, palette)),
    ...comparisonTable(diagnosis, width, palette),
    ...diagnosis.backends.flatMap((backend) => comparison(backend, width, palette)),
  ];
  return `${lines.join('\n')}\n`;
}

const columns: readonly TableColumn[] = ['backend', 'ready', 'version', 'device', 'bfloat16'].map((name) => ({
  name,
  align: 'left',
}));

function machineLine({ hpl, node, platform, processors, memoryBytes }: Diagnosis): string {
  return `hpl ${hpl} on Node ${node}, ${platform}, ${processors} processors, ${formatBytes(memoryBytes)} of memory`;
}

function backendRow({ name, status }: BackendDiagnosis): readonly string[] {
  if (!status.ready) return [name, 'no', '-', '-', '-'];
  const { version, device, bf16 } = status.info;
  return [name, 'yes', version, device, bf16 ?? 'no'];
}

function complaint({ name, status }: BackendDiagnosis, width: number, palette: Palette): readonly string[] {
  const words = status.ready ? status.advice : `${status.reason} ${status.remedy}`;
  if (words === undefined) return [];
  const text = wrapText(words, width - 2).map((line) => `  ${line}`);
  return ['', `${palette.bold(name)} ${status.ready ? 'could be faster' : 'is not ready'}:`, ...text];
}

function comparison(
  { name, conformance }: BackendDiagnosis,
  width: number,
  palette: Palette,
): readonly string[] {
  if (conformance === undefined) return [];
  const found = deviations(conformance);
  if (found.length === 0 && conformance.completed)
    return [
      '',
      `${palette.bold(name)} agrees with cpu in all ${conformance.cases.length} cases, values and slopes.`,
    ];
  const lines = found.flatMap((sentence) => wrapText(sentence, width - 2).map((line) => `  ${line}`));
  return ['', palette.red(`${name} does not agree with cpu:`), ...lines];
}

/** Every case beside the backends that were compared: how much of the allowed difference each takes. */
function comparisonTable({ backends }: Diagnosis, width: number, palette: Palette): readonly string[] {
  const compared = backends.flatMap(({ name, conformance }) =>
    conformance?.completed === true ? [{ name, cases: conformance.cases }] : [],
  );
  const [first] = compared;
  if (first === undefined) return [];
  const table: ResultTable = {
    title: 'Largest difference from cpu, as a share of what is allowed',
    columns: [
      { name: 'operation', align: 'left' },
      ...compared.map(({ name }) => ({ name, align: 'right' as const })),
    ],
    rows: first.cases.map(({ name }) => [
      name,
      ...compared.map(({ cases }) => shareText(cases.find((result) => result.name === name))),
    ]),
    notes: [],
  };
  return ['', ...renderTable(table, width, palette)];
}

function shareText(result: CaseResult | undefined): string {
  if (result === undefined) return '-';
  if (result.outcome === 'fails') return 'fails';
  return Number.isFinite(result.worst) ? `${(100 * result.worst).toFixed(0)} %` : 'infinite';
}
