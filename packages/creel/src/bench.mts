import * as Value from "/work/main/packages/creel/src/Value.ts"
import { Option } from "effect"
const best = (f: () => void, n: number) => { let b = Infinity; for (let r = 0; r < 12; r++) { const t = performance.now(); for (let i = 0; i < n; i++) f(); b = Math.min(b, performance.now() - t) } return b / n * 1000 }
const none = () => undefined
for (const [name, v] of [["[1,2]", [1,2]], ["{a:1,b:x}", {a:1,b:"x"}], ["user", {id: 12345, name: "Ada Lovelace", email: "ada@example.org", tags: ["a","b"], score: 1.5}], ["some(1)", Option.some(1)], ["1k rows", Array.from({length:1000},(_, i)=>({id:i,name:`n${i}`,score:i/3}))], ["f64 1M", new Float64Array(1e6)], ["10k numbers", Array.from({length:10000},(_, i)=>i/7)]] as const) {
  const n = name.startsWith("1") ? 50 : name.startsWith("f64") ? 20 : 30000
  const p = Value.encode(v)
  for (let i = 0; i < n; i++) { Value.encode(v); Value.decode(p) }
  console.log(name.padEnd(12), "encode", best(() => Value.encode(v), n).toFixed(2), "args", best(() => Value.encodeArgs([v], none), n).toFixed(2), "decode", best(() => Value.decode(p), n).toFixed(2), "µs", p.head.length, "bytes")
}
