/** A tiny server for `client.ts`, in a process of its own: gives the same page of 20 runs, and its port by IPC. */
import * as http from "node:http"

const run = (index: number) => ({
  multiplayer_run_id: `7hd02mqx4${String(index).padStart(2, "0")}`,
  job_id: "5d0f6c1e-8b1d-4f0e-9a37-0c5f2f8f6a11",
  project_id: "space-miner",
  test_plan_execution_id: null,
  state: "COMPLETED",
  result: "SUCCESS",
  bug_info: null,
  test: { id: "8c0f7a52-41de-4f08-93c5-2f6f0c1f7d10", name: "Finish the tutorial", type: "task" },
  build: { id: "c7a2b3d4-0e6f-4a51-8f0c-1d2e3f4a5b6c", name: "Space Miner 1.4" },
  created_at: "2026-04-12T09:30:00.123456+00:00",
  started_at: "2026-04-12T11:30:05.500000+02:00",
  completed_at: "2026-04-12T09:34:06.159990+00:00",
  duration_ms: 240659.99,
  initiator: { type: "user", value: { user_id: "u-1" } },
  tags: ["api", "release"],
  players: [{
    id: `7hd02mqx4${index}-1`,
    state: "COMPLETED",
    result: "SUCCESS",
    player_number: 1,
    test_name: "Finish the tutorial",
    composite_test_id: "8c0f-1",
    step_count: 2,
    completed_step_count: 2,
    platform: { kind: "android-native", config: { device: { name: "Pixel 8", os_version: "15" } } }
  }]
})

const page = Buffer.from(JSON.stringify({
  data: Array.from({ length: 20 }, (_, index) => run(index)),
  pagination: { page: 0, page_size: 20, total_count: 20, total_pages: 1 }
}))

const server = http.createServer((_, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": page.length })
  response.end(page)
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.(typeof address === "object" ? address?.port : undefined)
})
process.on("disconnect", () => process.exit())
