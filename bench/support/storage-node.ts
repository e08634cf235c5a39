/** The storage that discards, for machines without a C compiler: several times the CPU of `sink.c`. Its port comes by IPC. */
import * as http from "node:http"

const server = http.createServer((request, response) => {
  request.resume()
  request.on("end", () => {
    if (request.method === "PUT") return response.writeHead(200, { etag: "\"discarded-1\"" }).end()
    const begins = request.url?.includes("uploads") === true
    const name = `${begins ? "Initiate" : "Complete"}MultipartUploadResult`
    const body =
      `<?xml version="1.0"?><${name}><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId><ETag>"e-1"</ETag></${name}>`
    response.writeHead(200, { "content-type": "application/xml" }).end(body)
  })
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.(typeof address === "object" ? address?.port : undefined)
})
process.on("disconnect", () => process.exit())
