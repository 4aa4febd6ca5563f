// Reads the form of ../src/validate/form.json, from bytes to a value that was found right, as often as each line of its input
// says, and answers with the nanoseconds that each took. `node form.mjs zod|ajv`
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { z } from "zod";

const bytes = readFileSync(new URL("../src/validate/form.json", import.meta.url));

const PHONE = "^[+]?[0-9()][0-9() .-]{5,20}$";
const CUIT = "^(20|23|24|27|30|33|34|50|51|55)-?[0-9]{8}-?[0-9]$";
const MONEY = "^-?(0|[1-9][0-9]{0,16})([.][0-9]{1,2})?$";

function zod() {
  const phone = z.string().regex(new RegExp(PHONE));
  const money = z.string().regex(new RegExp(MONEY));
  const item = z.strictObject({
    name: z.string().trim().min(1).max(80),
    quantity: z.int().min(1).max(999),
    price: money,
  });
  const form = z.strictObject({
    id: z.uuid(),
    title: z.string().trim().min(3).max(120),
    description: z.string().trim().max(2000),
    address: z.string().trim().min(1).max(200),
    customer_phone: phone,
    site_phone: phone,
    customer_email: z.email(),
    customer_cuit: z.string().regex(new RegExp(CUIT)),
    price: money,
    scheduled_at: z.iso.datetime({ offset: true }),
    location: z.strictObject({ lat: z.number().min(-90).max(90), lon: z.number().min(-180).max(180) }),
    items: z.array(item).min(1).max(50),
  });
  // Strict: what it can't compile would else go the slow way without a word.
  const compiled = z.compile(form, { strict: true });
  return (value) => compiled.safeParse(value).success;
}

function ajv() {
  const text = (minLength, maxLength) => ({ type: "string", minLength, maxLength });
  const pattern = (pattern) => ({ type: "string", pattern });
  const format = (format) => ({ type: "string", format });
  const number = (type, minimum, maximum) => ({ type, minimum, maximum });
  const object = (properties) => ({
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });
  const item = object({ name: text(1, 80), quantity: number("integer", 1, 999), price: pattern(MONEY) });
  const form = object({
    id: format("uuid"),
    title: text(3, 120),
    description: text(0, 2000),
    address: text(1, 200),
    customer_phone: pattern(PHONE),
    site_phone: pattern(PHONE),
    customer_email: format("email"),
    customer_cuit: pattern(CUIT),
    price: pattern(MONEY),
    scheduled_at: format("date-time"),
    location: object({ lat: number("number", -90, 90), lon: number("number", -180, 180) }),
    items: { type: "array", items: item, minItems: 1, maxItems: 50 },
  });
  return formats(new Ajv2020({ allErrors: true })).compile(form);
}

const isRight = { zod, ajv }[process.argv[2]]();

for await (const line of createInterface({ input: process.stdin })) {
  const times = Number(line);
  const begun = process.hrtime.bigint();
  for (let time = 0; time < times; time++) {
    if (!isRight(JSON.parse(bytes.toString()))) throw new Error("a form without a fault is refused");
  }
  console.log(Number(process.hrtime.bigint() - begun) / times);
}
