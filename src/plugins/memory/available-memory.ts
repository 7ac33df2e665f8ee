import { totalmem } from 'node:os';
import process from 'node:process';
import { formatBytes } from '../../base/format-quantity.js';
import { StageFailure } from '../../runtime/contract/stage.js';

const gibibyte = 2 ** 30;

/** Sets what a stage may use, in GiB, where the estimate or what is known of the machine is wrong. */
export const memoryVariable = 'HPL_MEMORY_GIB';

/** What one stage may use, and in words where that number comes from. */
export interface AvailableMemory {
  readonly bytes: number;
  readonly origin: string;
}

/** What a machine says about its memory, in bytes. */
export interface MachineMemory {
  readonly total: number;
  /** The limit of the control group that the process runs in; 0 where there is none. */
  readonly limit: number;
}

/** The memory of this machine. */
function machineMemory(): MachineMemory {
  return { total: totalmem(), limit: process.constrainedMemory() };
}

/**
 * The machine's memory or the limit of its control group, whichever is less, without a twentieth and half a GiB for
 * the system and for the process that started the stage. `HPL_MEMORY_GIB` sets another number. Throws `StageFailure`
 * where that is no number.
 */
export function availableMemory(
  environment: Readonly<Record<string, string | undefined>>,
  { total, limit }: MachineMemory = machineMemory(),
): AvailableMemory {
  const wished = environment[memoryVariable];
  if (wished !== undefined && wished !== '') return { bytes: gibibytesOf(wished), origin: memoryVariable };
  // Where there is no limit the kernel names one that no machine has.
  const limited = limit > 0 && limit < total;
  const bytes = limited ? limit : total;
  return {
    bytes: Math.max(0, 0.95 * bytes - gibibyte / 2),
    origin: `${formatBytes(bytes)} ${limited ? 'in this control group' : 'on this machine'}, less what the system keeps`,
  };
}

function gibibytesOf(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value * gibibyte;
  throw new StageFailure(
    `The variable ${memoryVariable} is "${text}". Set it to a number of GiB, such as 24, or unset it.`,
  );
}
