import { isJsonObject, type Json, type JsonObject } from '../../base/json.js';
import type { OptionSchema } from '../../base/json-schema.js';
import type { ComponentKind } from '../../base/plugin-kinds.js';
import type { Signatures } from '../../base/signatures.js';

/** Fills in the own defaults of components that stand there by default themselves, to any depth. */
export function fillComponents(
  schema: OptionSchema,
  options: JsonObject,
  signatures: Signatures,
): JsonObject {
  const entries = Object.entries(options).map(([key, value]) => {
    const property = schema.properties?.[key];
    return [key, property === undefined ? value : fill(property, value, signatures)] as const;
  });
  return Object.fromEntries(entries);
}

function fill(schema: OptionSchema, value: Json, signatures: Signatures): Json {
  if (schema['x-plugin'] !== undefined) return fillComponent(schema['x-plugin'], value, signatures);
  const { items } = schema;
  if (items !== undefined && Array.isArray(value)) {
    return value.map((element: Json) => fill(items, element, signatures));
  }
  return value;
}

function fillComponent(kind: ComponentKind, value: Json, signatures: Signatures): Json {
  if (!isJsonObject(value) || typeof value['plugin'] !== 'string' || !isJsonObject(value['options']))
    return value;
  const signature = signatures.components.get(kind)?.get(value['plugin']);
  if (signature === undefined) return value;
  const { options } = signatures.validate(signature.options, value['options']);
  return { plugin: value['plugin'], options: fillComponents(signature.options, options, signatures) };
}
