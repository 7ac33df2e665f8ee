import { isJsonObject, type Json, type JsonObject } from '../../base/json.js';
import type { DocumentResult, ItemResult } from './measurement.js';
import { jsonNumber, numberFromJson } from './non-finite.js';

/** One result as it stands in checkpoints and reports. Doubles come back to the bit. */
export function itemToJson(item: ItemResult): JsonObject {
  const { accuracyNorm, logLikelihoods, document } = item;
  return {
    id: item.id,
    loss: jsonNumber(item.loss),
    accuracy: jsonNumber(item.accuracy),
    ...(accuracyNorm === undefined ? {} : { accuracy_norm: jsonNumber(accuracyNorm) }),
    answers: item.answers,
    ...(logLikelihoods === undefined ? {} : { log_likelihoods: logLikelihoods.map(jsonNumber) }),
    ...(document === undefined
      ? {}
      : { nats: jsonNumber(document.nats), words: document.words, bytes: document.bytes }),
  };
}

/** The results that `itemToJson` wrote. */
export function itemsFromJson(json: Json | undefined): readonly ItemResult[] {
  return asList(json).map(itemFromJson);
}

function itemFromJson(json: Json): ItemResult {
  const item = isJsonObject(json) ? json : {};
  const { accuracy_norm: accuracyNorm, log_likelihoods: logLikelihoods } = item;
  const document = documentFromJson(item);
  return {
    id: typeof item['id'] === 'string' ? item['id'] : '',
    loss: numberFromJson(item['loss']),
    accuracy: numberFromJson(item['accuracy']),
    ...(accuracyNorm === undefined ? {} : { accuracyNorm: numberFromJson(accuracyNorm) }),
    answers: asList(item['answers']).map(Number),
    ...(logLikelihoods === undefined ? {} : { logLikelihoods: asList(logLikelihoods).map(numberFromJson) }),
    ...(document === undefined ? {} : { document }),
  };
}

function documentFromJson(item: JsonObject): DocumentResult | undefined {
  if (item['nats'] === undefined) return undefined;
  return { nats: numberFromJson(item['nats']), words: Number(item['words']), bytes: Number(item['bytes']) };
}

function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
