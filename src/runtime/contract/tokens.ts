import type { InjectionToken } from 'tsyringe';
import type { BackendInfo } from './backend.js';

/** A monotonic clock, in milliseconds. */
export interface Clock {
  now(): number;
}

/** What the constructor of a stage's runner may ask for: `constructor(@inject(ClockToken) clock: Clock)`. */
export const ClockToken: InjectionToken<Clock> = Symbol('Clock');

/** The backend that was started for this stage; injectable into runners of gpu stages. */
export const BackendToken: InjectionToken<BackendInfo> = Symbol('BackendInfo');
