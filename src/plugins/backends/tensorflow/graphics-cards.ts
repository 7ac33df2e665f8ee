import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Environment } from '../../packages/cache-folder.js';

const run = promisify(execFile);

/** A CUDA card that programs of this process may use. */
export interface GraphicsCard {
  readonly name: string;
  readonly mebibytes: number;
}

/** The cards that NVIDIA's driver reports and that `CUDA_VISIBLE_DEVICES` does not hide. Empty without a driver. */
export async function visibleCards(environment: Environment): Promise<readonly GraphicsCard[]> {
  const visible = environment['CUDA_VISIBLE_DEVICES'];
  if (visible === '' || visible === '-1') return [];
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];
  const options = { timeout: 10_000, env: { PATH: environment['PATH'] } };
  const listing = await run('nvidia-smi', query, options).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return selectVisible(parseCards(listing), visible);
}

/** Reads lines such as `NVIDIA H200, 143771`. */
export function parseCards(listing: string): readonly GraphicsCard[] {
  return listing.split('\n').flatMap((line) => {
    const [, name, mebibytes] = /^\s*(.+?)\s*,\s*(\d+)\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, mebibytes: Number(mebibytes) }];
  });
}

/** Indices choose and order; as in CUDA, what follows an unknown index is hidden. Identifiers (`GPU-…`) choose nothing here. */
function selectVisible(cards: readonly GraphicsCard[], visible: string | undefined): readonly GraphicsCard[] {
  if (visible === undefined || /[a-z]/i.test(visible)) return cards;
  const chosen: GraphicsCard[] = [];
  for (const index of visible.split(',')) {
    const card = cards[Number(index)];
    if (card === undefined) break;
    chosen.push(card);
  }
  return chosen;
}

/** `NVIDIA H200, 140 GiB`. */
export function describeCard(card: GraphicsCard): string {
  return `${card.name}, ${Math.round(card.mebibytes / 1024)} GiB`;
}
