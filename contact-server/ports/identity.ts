/** Verifies what the company's own backend says about its signed-in customers. */
export interface IdentityProofs {
  /** The customer a signed, unexpired token names; undefined for any other text. */
  verify(token: string): Promise<{ readonly customerId: string } | undefined>;
}
