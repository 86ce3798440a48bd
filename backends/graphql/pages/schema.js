// The schema as the server describes it: asked once, then a table of types. Nothing here draws.

export const INTROSPECTION = `query Schema { __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  types { kind name description
    fields(includeDeprecated: true) { ...F } inputFields { ...I }
    interfaces { name } possibleTypes { name }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } }
  directives { name description locations args { ...I } } } }
fragment F on __Field { name description isDeprecated deprecationReason args { ...I } type { ...T } }
fragment I on __InputValue { name description defaultValue type { ...T } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name } } } } } }`;

const TYPENAME = { name: "__typename", description: "The name of the type that came.", args: [],
  type: { kind: "NON_NULL", ofType: { kind: "SCALAR", name: "String" } } };
const META = [
  { name: "__schema", description: "What this server can answer.", args: [], type: { kind: "OBJECT", name: "__Schema" } },
  { name: "__type", description: "One type by its name.", type: { kind: "OBJECT", name: "__Type" },
    args: [{ name: "name", type: { kind: "NON_NULL", ofType: { kind: "SCALAR", name: "String" } } }] },
];

/** How a type is written: [Product!]! */
export function typeText(type) {
  if (type.kind === "NON_NULL") return `${typeText(type.ofType)}!`;
  return type.kind === "LIST" ? `[${typeText(type.ofType)}]` : type.name;
}

/** The name inside lists and exclamation marks. */
export function namedType(type) {
  return type.ofType ? namedType(type.ofType) : type.name;
}

export function isRequired(input) {
  return input.type.kind === "NON_NULL" && (input.defaultValue === null || input.defaultValue === undefined);
}

export class Schema {
  constructor(description) {
    const name = (type) => (type ? type.name : null);
    this.roots = { query: name(description.queryType), mutation: name(description.mutationType),
      subscription: name(description.subscriptionType) };
    this.types = new Map(description.types.map((type) => [type.name, type]));
    this.directives = new Map(description.directives.map((directive) => [directive.name, directive]));
  }

  type(name) { return this.types.get(name) || null; }

  /** The types an author of a query meets: without those of introspection. */
  get own() { return [...this.types.values()].filter((type) => !type.name.startsWith("__")); }

  isComposite(name) { return ["OBJECT", "INTERFACE", "UNION"].includes(this.type(name)?.kind); }
  isInput(name) { return ["SCALAR", "ENUM", "INPUT_OBJECT"].includes(this.type(name)?.kind); }

  /** What may be selected on a type, the fields about types included. */
  fields(name) {
    if (!this.isComposite(name)) return [];
    return [...(this.type(name).fields || []), TYPENAME, ...(name === this.roots.query ? META : [])];
  }

  field(parent, name) { return this.fields(parent).find((field) => field.name === name) || null; }

  /** The names of the object types that a composite type can turn out to be. */
  possible(name) {
    const type = this.type(name);
    return type?.kind === "OBJECT" ? [name] : (type?.possibleTypes || []).map((one) => one.name);
  }
}
