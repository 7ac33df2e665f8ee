import { isJsonObject, type Json, type JsonObject } from '../base/json.js';
import type { OptionSchema } from '../base/json-schema.js';
import type { ComponentKind } from '../base/plugin-kinds.js';

/** One value inside options, with the schema that describes it. */
export interface OptionPlace {
  readonly pointer: string;
  readonly schema: OptionSchema;
  readonly value: Json;
}

/** Finds the schema of a component's options; undefined for a name that nobody registered. */
export type ComponentSchema = (kind: ComponentKind, name: string) => OptionSchema | undefined;

/** What a visitor makes of a place: another value, nothing at all, or undefined to look inside. */
export type Rewritten = { readonly value: Json } | 'omit' | undefined;

/** Rebuilds options place by place, from the outside in, through lists and the options of components. */
export function rewriteOptions(
  schema: OptionSchema,
  options: JsonObject,
  componentSchema: ComponentSchema,
  visit: (place: OptionPlace) => Rewritten,
): JsonObject {
  const rewriter = new Rewriter(componentSchema, visit);
  return rewriter.object(schema, options, '');
}

/** All places inside options, outer before inner. */
export function listPlaces(
  schema: OptionSchema,
  options: JsonObject,
  componentSchema: ComponentSchema,
): readonly OptionPlace[] {
  const places: OptionPlace[] = [];
  rewriteOptions(schema, options, componentSchema, (place) => {
    places.push(place);
    return undefined;
  });
  return places;
}

class Rewriter {
  constructor(
    private readonly componentSchema: ComponentSchema,
    private readonly visit: (place: OptionPlace) => Rewritten,
  ) {}

  object(schema: OptionSchema, options: JsonObject, pointer: string): JsonObject {
    const entries = Object.entries(options).flatMap(([key, value]) => {
      const inner = { pointer: `${pointer}/${escape(key)}`, schema: schema.properties?.[key] ?? {}, value };
      const rewritten = this.place(inner);
      return rewritten === undefined ? [] : [[key, rewritten.value] as const];
    });
    return Object.fromEntries(entries);
  }

  private place(place: OptionPlace): { readonly value: Json } | undefined {
    const rewritten = this.visit(place);
    if (rewritten === 'omit') return undefined;
    return rewritten ?? { value: this.inside(place) };
  }

  private inside({ pointer, schema, value }: OptionPlace): Json {
    if (Array.isArray(value)) return this.list(schema.items ?? {}, value as readonly Json[], pointer);
    if (!isJsonObject(value)) return value;
    const kind = schema['x-plugin'];
    return kind === undefined ? this.object(schema, value, pointer) : this.component(kind, value, pointer);
  }

  private list(schema: OptionSchema, values: readonly Json[], pointer: string): Json {
    return values.flatMap((value, index) => {
      const rewritten = this.place({ pointer: `${pointer}/${index}`, schema, value });
      return rewritten === undefined ? [] : [rewritten.value];
    });
  }

  private component(kind: ComponentKind, value: JsonObject, pointer: string): JsonObject {
    const { plugin, options } = value;
    if (typeof plugin !== 'string' || !isJsonObject(options)) return value;
    const schema = this.componentSchema(kind, plugin) ?? {};
    return { ...value, options: this.object(schema, options, `${pointer}/options`) };
  }
}

function escape(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
