/** The contract below `/api/v1`, where the vendor serves it, and the artifact host, which is a host of its own. */
import { ArtifactHostApi } from "@nunu-effect/core/ArtifactHostApi"
import { NunuApi } from "@nunu-effect/core/NunuApi"

export const EmulatedApi = NunuApi.prefix("/api/v1")

export const EmulatedArtifactHost = ArtifactHostApi
