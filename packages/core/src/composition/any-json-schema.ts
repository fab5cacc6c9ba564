import * as z from "zod";

/** Any JSON value. One schema for all places, so that what is published of it stands there once. */
export const AnyJsonSchema = z.json().meta({ id: "value" });
