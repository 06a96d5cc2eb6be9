import { Client } from "creel"

export const compute = Client.compute
