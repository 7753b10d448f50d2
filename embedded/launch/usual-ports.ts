/** The ports of `make run` where no setting names others. */
export const usualPorts = {
  PUBLIC_PORT: 8080,
  LINK_PORT: 8081,
  AGENT_PORT: 8090,
  SIP_PORT: 5060,
  SHOP_PORT: 8070,
  PHONE_PORT: 8071,
} as const;
