import { suits } from '../standard-backends.js';
import type { Backend, BackendInfo, BackendStatus } from '../../../runtime/contract/backend.js';

type NotReady = Extract<BackendStatus, { ready: false }>;

/** Stands for the first of its candidates that is ready. */
export class AutoBackend implements Backend {
  readonly name = 'auto';

  constructor(private readonly candidates: readonly Backend[]) {}

  async probe(): Promise<BackendStatus> {
    const found = await this.choose();
    return 'backend' in found ? found.status : found;
  }

  async start(): Promise<BackendInfo> {
    const found = await this.choose();
    if ('backend' in found) return found.backend.start();
    throw new Error(`${found.reason} ${found.remedy}`);
  }

  private async choose(): Promise<{ backend: Backend; status: BackendStatus } | NotReady> {
    const reasons: string[] = [];
    let remedy = '';
    for (const backend of this.candidates) {
      const status = await backend.probe();
      if (status.ready && suits(status.info))
        return { backend, status: { ...status, info: { ...status.info, why: whyOf(reasons) } } };
      const refusal = status.ready ? imitation(status.info) : status;
      reasons.push(`${backend.name}: ${refusal.reason}`);
      ({ remedy } = refusal);
    }
    return { ready: false, reason: `No backend is ready. ${reasons.join(' ')}`, remedy };
  }
}

function imitation({ name, device }: BackendInfo): Omit<NotReady, 'ready'> {
  return {
    reason: `No graphics card: ${device}, which is slower than the other backends.`,
    remedy: `To compute on it all the same, write backend = ${name}.`,
  };
}

/** Why the backend behind these refusals was taken. */
function whyOf(refusals: readonly string[]): string {
  return refusals.length === 0 ? 'the best that is ready' : `the best that is ready; ${refusals.join(' ')}`;
}
