import { PassThrough } from 'node:stream';

/** Lets work that reports by calls be read as a generator of its reports; gives what the work gave. */
export async function* reported<Report, Value>(
  work: (report: (value: Report) => void) => Promise<Value>,
): AsyncGenerator<Report, Value, undefined> {
  const reports = new PassThrough({ objectMode: true });
  const finished = work((value) => reports.write(value)).finally(() => reports.end());
  // Its rejection is thrown below, once the last report is read.
  finished.catch(() => undefined);
  for await (const value of reports) yield value as Report;
  return finished;
}
