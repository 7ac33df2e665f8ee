/** What every command that plans takes from the command line. */
export interface PlanningOptions {
  readonly set?: Readonly<Record<string, string>>;
  readonly store?: string;
  readonly backend?: readonly string[];
}
