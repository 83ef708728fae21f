using System.Net.Http.Headers;
using System.Text;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Traffic;

/// <summary>
/// One client, with connections of its own. It never sends anything twice, so that each request takes effect at most once by
/// its doing. Any number of requests may be under way.
/// </summary>
internal sealed class TrafficClient(int number, TimeSpan timeout) : IDisposable
{
    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = timeout,
        })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public int Number => number;

    /// <summary>Asks, for at most the client's time-out, and tells what came of it. Only a bug of the caller makes it fail.</summary>
    public async Task<Operation> AskAsync(Operation draft, Uri node, RunHistory history)
    {
        using var request = RequestFor(draft, node);
        var start = history.Now;
        using var patience = new CancellationTokenSource(timeout);
        Operation seen;
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            var answer = await Answer.ReadAsync(response, patience.Token);
            var end = history.Now;
            seen = draft.Kind == OperationKind.List ? ListingAnswers.Read(draft, answer) : KeyAnswers.Read(draft, answer);
            return seen with { Start = start, End = end };
        }
        catch (Exception e) when (BrokenConnection.ErrorOf(e) == HttpRequestError.ConnectionError
            || (e is OperationCanceledException { InnerException: TimeoutException } && !patience.IsCancellationRequested))
        {
            // There was no connection to send anything on: refused, ended as it was made, or not made within the handler's time for it.
            seen = draft with { Outcome = Outcome.NotApplied, Note = "no connection" };
        }
        catch (HttpRequestException e)
        {
            seen = draft with { Outcome = EffectOfSilence(draft), Note = $"broken: {e.HttpRequestError}" };
        }
        catch (IOException)
        {
            seen = draft with { Outcome = EffectOfSilence(draft), Note = "broken in the middle of the answer" };
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            seen = draft with { Outcome = EffectOfSilence(draft), Note = "gave up" };
        }

        return seen with { Start = start, End = history.Now };
    }

    public void Dispose() => _http.Dispose();

    private static Outcome EffectOfSilence(Operation draft) => draft.IsWrite ? Outcome.Unknown : Outcome.NotApplied;

    private static HttpRequestMessage RequestFor(Operation draft, Uri node)
    {
        var key = Uri.EscapeDataString(draft.Key);
        var request = draft.Kind switch
        {
            OperationKind.Get => new HttpRequestMessage(HttpMethod.Get, new Uri(node, $"/kv/{key}")),
            OperationKind.List => new HttpRequestMessage(HttpMethod.Get, new Uri(node, $"/kv?values=true&prefix={key}")),
            _ => Write(draft, new Uri(node, $"/kv/{key}{(draft.IfVersion is { } version ? $"?ifVersion={version}" : "")}")),
        };
        if (draft.IfMatch is { } match)
        {
            request.Headers.IfMatch.Add(Tag(match));
        }

        if (draft.IfNoneMatch is { } noneMatch)
        {
            request.Headers.IfNoneMatch.Add(Tag(noneMatch));
        }

        return request;
    }

    private static HttpRequestMessage Write(Operation draft, Uri target)
    {
        var method = draft.Kind switch
        {
            OperationKind.Put => HttpMethod.Put,
            OperationKind.Patch => HttpMethod.Patch,
            _ => HttpMethod.Delete,
        };

        // The handler sends a request without a body again when a connection that it kept turns out to be closed. A body,
        // and be it empty, keeps it from that.
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(draft.Sent ?? ""));
        content.Headers.ContentType = draft.Sent is null ? null : new MediaTypeHeaderValue("application/json");
        return new HttpRequestMessage(method, target) { Content = content };
    }

    private static EntityTagHeaderValue Tag(long version) =>
        version == Operation.AnyVersion ? EntityTagHeaderValue.Any : new EntityTagHeaderValue($"\"{version}\"");
}
