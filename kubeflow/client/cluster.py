"""The kfp client with limits: every request has a time-out and one try, and what goes wrong is told in words."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import kfp
import urllib3
from kfp_server_api import ApiException, rest
from kfp_server_api.configuration import Configuration
from kfp_server_api.models import V2beta1Experiment, V2beta1Pipeline

PAGE = 50
OLDEST = (2, 5)
"""Version of the backend that every specification needs."""


class ClusterError(RuntimeError):
    """The cluster could not be asked, or refused; says why and what to do."""


class UncertainError(ClusterError):
    """The request was sent and no answer came: whether it was carried out is not known."""


class _Limited(rest.RESTClientObject):
    """Requests that end: kfp's own wait for ever."""

    def __init__(self, configuration: Configuration, timeout_s: float) -> None:
        super().__init__(configuration)
        self._timeout = (timeout_s, timeout_s)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(method, url, *args, **{**kwargs, "_request_timeout": self._timeout})


class Cluster(kfp.Client):
    """The API of one Kubeflow Pipelines.

    Args:
        endpoint: its address.
        namespace: of the runs, on a cluster for several users.
        token_file: holds a bearer token.
        timeout_s: of one request.

    Raises:
        ClusterError: nothing that answers is Kubeflow Pipelines 2, or it refuses.
    """

    def __init__(self, endpoint: str, namespace: str | None, token_file: str | None, timeout_s: float) -> None:
        self._endpoint, self._timeout_s, self.own = endpoint, timeout_s, namespace
        with warnings.catch_warnings():
            # kfp says at each start that it does not work with Kubeflow Pipelines 1.
            warnings.simplefilter("ignore", FutureWarning)
            # Given so, the client does not ask the server in its constructor.
            super().__init__(host=endpoint, namespace=namespace or "-", existing_token=_token(token_file))
        api = self._healthz_api.api_client
        api.rest_client = _Limited(api.configuration, timeout_s)
        several = self._check()
        if several and not namespace:
            raise ClusterError(f"{endpoint} is for several users: set kubeflow.namespace to the one of the runs")
        # A cluster for one user takes no namespace.
        self.own = namespace if several else None
        self._context_setting["namespace"] = self.own or ""

    def _load_config(self, *args: Any, **kwargs: Any) -> Configuration:
        configuration = super()._load_config(*args, **kwargs)
        configuration.retries = False
        return configuration

    def _load_context_setting_or_default(self) -> None:
        """No settings of the home folder: what is asked depends on the configuration alone."""
        self._context_setting = {"namespace": ""}

    def _check(self) -> bool:
        """Whether several users share it; kfp's own asks five times over, also where the answer is no."""
        with self.asked("ask how it is"):
            health, _, headers = self._healthz_api.healthz_service_get_healthz_with_http_info()
        if "json" not in headers.get("content-type", ""):
            raise ClusterError(self._no_kfp("its answer is not theirs"))
        # The published answer has no version, what is sent has: `healthzResponse` in backend/src/apiserver/main.go.
        said = json.loads(self._healthz_api.api_client.last_response.data)
        self._version = str(said.get("tag_name") or "")
        return bool(health.multi_user)

    def check_version(self, oldest: tuple[int, int]) -> None:
        """Refuses a backend that is too old; one that tells no version, as of a build of one's own, is taken.

        Args:
            oldest: that this specification goes with.

        Raises:
            ClusterError: it is older.
        """
        told = re.match(r"v?([0-9]+)\.([0-9]+)", self._version)
        version = (int(told[1]), int(told[2])) if told else oldest
        start = f"{self._endpoint} is Kubeflow Pipelines {self._version}, but"
        if version < OLDEST:
            raise ClusterError(f"{start} this needs {OLDEST[0]}.{OLDEST[1]} or later: upgrade the cluster's backend")
        if version < oldest:
            raise ClusterError(
                f"{start} kubeflow.run_as_non_root needs {oldest[0]}.{oldest[1]} or later: set it to false, or upgrade "
                "the cluster's backend"
            )

    @contextmanager
    def asked(self, what: str) -> Iterator[None]:
        """Around a request: turns what can go wrong into words.

        Raises:
            UncertainError: no answer in time to a request that may have been carried out.
            ClusterError: anything else.
        """
        try:
            yield
        except ApiException as error:
            raise ClusterError(self._refused(what, error)) from error
        except (urllib3.exceptions.ReadTimeoutError, urllib3.exceptions.ProtocolError) as error:
            slow = isinstance(error, urllib3.exceptions.ReadTimeoutError)
            seen = f"within {self._timeout_s:g} s (kubeflow.timeout_s)" if slow else f"but an end ({error})"
            raise UncertainError(f"could not {what}: {self._endpoint} gave no answer {seen}") from error
        except urllib3.exceptions.HTTPError as error:
            raise ClusterError(
                f"could not {what}: {self._endpoint} cannot be reached ({error}). kubeflow.endpoint names the API of "
                "Kubeflow Pipelines; from outside, `kubectl port-forward -n kubeflow svc/ml-pipeline 8888:8888` makes "
                "it http://127.0.0.1:8888"
            ) from error

    def _refused(self, what: str, error: ApiException) -> str:
        status, said = int(error.status or 0), _said(error)
        if status == 0:
            return f"could not {what}: {self._endpoint}: {said}"
        start = f"could not {what}: {self._endpoint} answered {status}"
        if status == 404 and what == "ask how it is":
            return self._no_kfp(f"it answered 404 for {self._endpoint}/apis/v2beta1/healthz")
        if status in (301, 302, 303, 307, 308, 401):
            return (
                f"{start}: it wants a login. Set kubeflow.token_file to a file with a bearer token that it takes, such "
                f"as `kubectl create token SERVICE_ACCOUNT --audience pipelines.kubeflow.org` prints: {said}"
            )
        if status == 403:
            return f"{start}: this login may not do that, in namespace {self.own or 'of the cluster'}: {said}"
        if status == 404:
            return f"{start}: it is gone, removed by someone else meanwhile; give the command again: {said}"
        if status == 409:
            return f"{start}: someone else made one of that name meanwhile; give the command again: {said}"
        if status >= 500:
            return (
                f"{start}, an error of its own: {said}. Give the command again later; "
                "`kubectl logs -n kubeflow deploy/ml-pipeline` has the cause"
            )
        return f"{start}: {said}"

    def _no_kfp(self, seen: str) -> str:
        return (
            f"{self._endpoint} is not the API of Kubeflow Pipelines 2 ({seen}); kubeflow.endpoint names the address "
            "before /apis, such as http://127.0.0.1:8888, or https://HOST/pipeline behind Kubeflow's gateway"
        )

    def named(self, what: str, ask: Callable[..., Any], field: str, name: str, **where: Any) -> list[Any]:
        """All of a kind that have a name, over all pages of the answer.

        Args:
            what: for the message.
            ask: lists them.
            field: of the answer, which holds them.
            name: shown to people.
            where: further arguments of `ask`.
        """
        wanted = json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "string_value": name}]})
        found: list[Any] = []
        token = ""
        while True:
            with self.asked(f"look for {what}"):
                page = ask(page_token=token, page_size=PAGE, filter=wanted, **where)
            found += getattr(page, field) or []
            token = page.next_page_token or ""
            if not token:
                return found

    def add_pipeline(self, name: str) -> V2beta1Pipeline:
        """An empty one; kfp's own makes one together with a version, whose name cannot be chosen."""
        return self.pipelines.pipeline_service_create_pipeline(V2beta1Pipeline(display_name=name, namespace=self.own))

    def add_experiment(self, name: str) -> V2beta1Experiment:
        """A new one; kfp's own would look for it once more."""
        made = V2beta1Experiment(display_name=name, namespace=self.own)
        return self.experiments.experiment_service_create_experiment(made)


def _token(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        token = Path(path).expanduser().read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ClusterError(f"kubeflow.token_file {path} cannot be read ({error})") from error
    if not token or len(token.split()) > 1:
        raise ClusterError(f"kubeflow.token_file {path} holds no token: one word is expected")
    return token


def _said(error: ApiException) -> str:
    """What the server said, in one line."""
    try:
        told = json.loads(error.body)
        words = str(told.get("message") or told.get("error_message") or told.get("error_details") or told)
    except (TypeError, ValueError, AttributeError):
        words = str(error.body or error.reason or "nothing more")
    return " ".join(words.split())[:500]
