import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isJsonObject, type JsonObject } from '../base/json.js';
import type { OptionSchema, OptionsSchema } from '../base/json-schema.js';
import type { OptionProblem, ValidatedOptions } from '../base/signatures.js';
import { reasonOf } from '../base/reason.js';
import { describeBreach } from './option-problems.js';

const conditionOperators = ['and', 'or', 'not', '<', '<=', '>', '>=', '==', '!=', 'for', 'plateau'];

/** Where a keyword's value was found, so that a keyword can put its normal form there. */
interface Place {
  readonly parentData: Record<string, unknown> | unknown[];
  readonly parentDataProperty: string | number;
}

/** A validating keyword; the validator reads its errors from the function itself. */
interface Keyword {
  (schema: unknown, data: unknown, parent?: OptionSchema, place?: Place): boolean;
  errors?: Partial<ErrorObject>[];
}

/** Whether a value has the JSON form of a component. Its own options are validated with its own schema, elsewhere. */
function isComponent(data: unknown): boolean {
  return isJsonObject(data) && typeof data['plugin'] === 'string' && isJsonObject(data['options']);
}

const checkSchedule: Keyword = (_schema, data, parent = {}, place) => {
  if (typeof data === 'number' && place !== undefined) {
    (place.parentData as Record<string | number, unknown>)[place.parentDataProperty] = { schedule: [data] };
  }
  const values = typeof data === 'number' ? [data] : isJsonObject(data) ? data['schedule'] : undefined;
  const isSchedule =
    Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === 'number');
  const outside = isSchedule ? values.find((value) => !isWithin(value, parent)) : undefined;
  // The validator adds place and value to errors made here, but not the schema around the keyword.
  const params = outside === undefined ? {} : { outside };
  checkSchedule.errors = [{ keyword: 'x-schedule', params, parentSchema: parent }];
  return isSchedule && outside === undefined;
};

function isWithin(value: number, schema: OptionSchema): boolean {
  return (
    value >= (schema.minimum ?? -Infinity) &&
    value <= (schema.maximum ?? Infinity) &&
    value > (schema.exclusiveMinimum ?? -Infinity) &&
    value < (schema.exclusiveMaximum ?? Infinity)
  );
}

/** The validator with our keywords; shapes only, since names are the language's business. */
function createAjv(): Ajv {
  // strictTypes would refuse the bounds of a schedule's values, which stand beside `x-schedule`.
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    strictTypes: false,
    useDefaults: true,
    verbose: true,
  });
  ajv.addKeyword({ keyword: 'x-unit', schemaType: 'string' });
  ajv.addKeyword({ keyword: 'x-cache', schemaType: 'string', metaSchema: { const: 'ignore' } });
  ajv.addKeyword({
    keyword: 'x-path',
    schemaType: 'string',
    validate: (_: unknown, data: unknown) => typeof data === 'string',
  });
  ajv.addKeyword({
    keyword: 'x-plugin',
    schemaType: 'string',
    validate: (_: unknown, data: unknown) => isComponent(data),
  });
  ajv.addKeyword({
    keyword: 'x-ref',
    schemaType: ['string', 'array'],
    validate: (_: unknown, data: unknown) => isJsonObject(data) && typeof data['stage'] === 'string',
  });
  ajv.addKeyword({
    keyword: 'x-condition',
    schemaType: 'boolean',
    validate: (_: unknown, data: unknown) =>
      isJsonObject(data) && typeof data['op'] === 'string' && conditionOperators.includes(data['op']),
  });
  ajv.addKeyword({
    keyword: 'x-schedule',
    schemaType: 'boolean',
    modifying: true,
    errors: true,
    validate: checkSchedule,
  });
  return ajv;
}

const ajv = createAjv();
const compiled = new WeakMap<object, ValidateFunction>();

function compile(schema: OptionSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

/**
 * Validates options against a plugin's schema and fills in defaults, on a copy. At `x-plugin`, `x-ref`,
 * `x-condition`, `x-schedule` and `x-path` places only the JSON form is looked at; a number at an `x-schedule` place
 * becomes a schedule of one. Throws when the schema itself is invalid, which `lintSchema` finds beforehand.
 */
export function validateOptions(schema: OptionsSchema, options: JsonObject): ValidatedOptions {
  const copy: JsonObject = structuredClone(options);
  const validate = compile(schema);
  return { problems: validate(copy) ? [] : problemsOf(validate.errors ?? []), options: copy };
}

function problemsOf(errors: readonly ErrorObject[]): readonly OptionProblem[] {
  const about = new Set<string>();
  return errors.flatMap((error) => {
    const problem = describeBreach({
      pointer: error.instancePath,
      keyword: error.keyword,
      params: error.params,
      schema: (error.parentSchema ?? {}) as OptionSchema,
      value: error.data,
    });
    // A value of the wrong type also breaks bounds and enumerations: one cause, one problem.
    const cause = `${problem.pointer} ${problem.key ?? ''}`;
    if (about.has(cause)) return [];
    about.add(cause);
    return [problem];
  });
}

/**
 * What is wrong with a plugin's schema, as sentences: keywords that do not exist, properties without a description,
 * records that let unknown keys through, defaults that break their own schema.
 */
export function lintSchema(schema: OptionsSchema): readonly string[] {
  try {
    compile(schema);
  } catch (error) {
    return [`The schema is invalid: ${reasonOf(error)}.`];
  }
  return lintAt(schema, '');
}

function lintAt(schema: OptionSchema, pointer: string): readonly string[] {
  const inside = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const place = `${pointer}/${key}`;
    const described = (property.description ?? '').trim() !== '';
    return [
      ...(described ? [] : [`${place} has no description.`]),
      ...lintDefault(property, place),
      ...lintAt(property, place),
    ];
  });
  const isOpen = schema.properties !== undefined && schema.additionalProperties !== false;
  const open = isOpen
    ? [`${pointer === '' ? 'The schema' : pointer} must have additionalProperties: false.`]
    : [];
  return [...open, ...inside, ...(schema.items === undefined ? [] : lintAt(schema.items, `${pointer}/0`))];
}

function lintDefault(schema: OptionSchema, place: string): readonly string[] {
  if (schema.default === undefined) return [];
  const validate = ajv.compile({ type: 'object', properties: { value: schema } });
  if (validate({ value: structuredClone(schema.default) })) return [];
  const [problem] = problemsOf(validate.errors ?? []);
  return [`The default of ${place} breaks its own schema: ${problem?.message ?? 'it is invalid.'}`];
}
