/** As much of the API as an upload needs, for the upload benches: what it costs is not measured. */
import { once } from "node:events"
import * as http from "node:http"
import * as path from "node:path"

/** Serves uploads in parts of `partSize` bytes that go to `storage`. */
export const start = async ({ partSize, storage }: { readonly partSize: number; readonly storage: string }) => {
  const ticketFor = ({ file_size: size }: { readonly file_size: number }) => ({
    upload_type: "multipart",
    build_id: "bench",
    upload_id: "bench",
    object_key: "key",
    total_parts: Math.ceil(size / partSize),
    part_size: partSize
  })
  const urls = (numbers: string) => ({
    upload_urls: numbers.split(",").map((number) => ({
      part_number: Number(number),
      url: `${storage}/bucket/key?partNumber=${number}`
    }))
  })
  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://api")
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const answer = request.method === "GET"
        ? urls(searchParams.get("part_numbers") ?? "")
        : path.basename(pathname) === "complete"
        ? { build_id: "bench" }
        : request.method === "DELETE"
        ? { success: true }
        : ticketFor(JSON.parse(Buffer.concat(chunks).toString()))
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer))
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return {
    origin: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    stop: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
