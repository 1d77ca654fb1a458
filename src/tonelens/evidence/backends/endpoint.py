"""A system behind HTTP: a WAV goes there by POST, JSON comes back.

Request   POST, Content-Type audio/wav, the body a WAV of `backends.wav`; the name of the clip is not sent, as
          it may tell the answer.
Answer    status 200, JSON {"probabilities": {label: probability}, "text": "..."}, `text` optional.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence

from tonelens.audio import Audio
from tonelens.errors import ModelError
from tonelens.evidence.backend import Heard
from tonelens.evidence.backends.answers import AnswerCheck
from tonelens.evidence.backends.wav import is_clipped, wav_bytes

TIMEOUT_S = 60.0
MOST_ANSWER_BYTES = 1_000_000
SCHEMES = ("http", "https")


class HttpBackend:
    """Asks an endpoint, one clip at a time."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        parts = _parts(url)
        self._url = url
        self._timeout_s = timeout_s
        host = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
        self._name = f"{parts.scheme}://{host}{parts.path}"
        self._check = AnswerCheck(self._name)
        self.clipped = 0
        """Clips so far whose peaks a WAV of 16 bits cannot hold."""

    @property
    def name(self) -> str:
        """The address without what may be secret: user, password, query."""
        return self._name

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        """What the endpoint says of each.

        Raises:
            ModelError: it cannot be reached, takes too long, or its answer breaks a rule.
        """
        return [self._check.heard_json(clip.source, self._answer(clip)) for clip in clips]

    def _answer(self, clip: Audio) -> bytes:
        self.clipped += is_clipped(clip.samples)
        headers = {"Content-Type": "audio/wav", "Accept": "application/json"}
        request = urllib.request.Request(self._url, wav_bytes(clip.samples), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:
                content: bytes = answer.read(MOST_ANSWER_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise self._failure(clip, f"status {error.code} {error.reason}") from None
        except TimeoutError:
            raise self._failure(clip, f"no answer within {self._timeout_s:g} s") from None
        except urllib.error.URLError as error:
            raise self._failure(clip, f"cannot be reached, {error.reason}") from None
        except (OSError, http.client.HTTPException) as error:
            raise self._failure(clip, f"the connection broke, {error or type(error).__name__}") from None
        if len(content) > MOST_ANSWER_BYTES:
            raise self._failure(clip, f"more than {MOST_ANSWER_BYTES} bytes")
        return content

    def _failure(self, clip: Audio, found: str) -> ModelError:
        return ModelError(
            f"{self.name}: {clip.source}: {found}; an endpoint answers a POST of a WAV with status 200 and "
            f"JSON. Check that it runs, and try it with curl --data-binary @clip.wav."
        )


def _parts(url: str) -> urllib.parse.SplitResult:
    try:
        parts = urllib.parse.urlsplit(url)
        is_address = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ModelError(f"{url}: no address of an endpoint. Write http://host:port/path.")
    return parts
