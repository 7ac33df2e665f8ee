import { failed, ok, type Result } from '../base/result.js';
import { StageFailure } from '../runtime/contract/stage.js';
import { forecastPlan } from '../runtime/forecast-plan.js';
import type { Planned, PlanRefusal } from './compose.js';

/** A planned pipeline with what its stages will take, or why some of them cannot run on this machine. */
export async function forecastRun(planned: Planned): Promise<Result<Planned, PlanRefusal>> {
  try {
    const forecast = await forecastPlan(planned.plan, planned);
    if (forecast.ok) return ok({ ...planned, plan: forecast.value });
    return failed({ kind: 'diagnostics', diagnostics: forecast.error });
  } catch (error) {
    if (error instanceof StageFailure) return failed({ kind: 'setting', message: error.message });
    throw error;
  }
}
