/** The failures MongoDB names that this server can raise; drivers and mongoose decide by code. */
const CODES = {
  BadValue: 2,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  ExceededMemoryLimit: 146,
  InvalidPipelineOperator: 168,
  CannotIndexParallelArrays: 171,
  NotImplemented: 238,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
} as const;

/** A failure with MongoDB's code and code name, answered as `{ ok: 0, … }` or as a write error. */
export class MongoError extends Error {
  readonly code: number;
  readonly codeName: string;
  /** What a duplicate key error adds: keyPattern and keyValue. */
  readonly details: Record<string, unknown>;

  constructor(name: keyof typeof CODES | number, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = typeof name === 'number' ? name : CODES[name];
    this.codeName = typeof name === 'number' ? `Location${name}` : name;
    this.details = details;
  }
}

/** What MongoDB has and this server has not is refused, never passed over. */
export function unsupported(what: string): MongoError {
  return new MongoError('NotImplemented', `${what} is not supported by the embedded server`);
}
