using KvStore.Http.Gateway;
using KvStore.Http.Requests;
using KvStore.Http.Responses;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace KvStore.Http.Endpoints;

/// <summary>
/// Step 2 of a request's path, and the hub of the edge: reads key, query, headers and body into a message, in the order in
/// which the contract checks them, hands it to the gateway (step 3), and maps the reply to an answer (step 8). A read that the
/// gateway answers at once needs no message.
/// </summary>
internal sealed class KeyEndpoint(IKeyGateway gateway, IClusterViewSource views, EdgeOptions options, TimeProvider time)
{
    private const string Allow = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS";

    /// <summary>Answers the request, or returns the problem to answer with.</summary>
    public ValueTask<Served> ServeAsync(HttpContext context, string encodedKey, string encodedQuery)
    {
        if (!ReadKey(encodedKey).TryGet(out var key, out var problem))
        {
            return new(problem);
        }

        var method = context.Request.Method;
        if (!QueryParameters.Read(encodedQuery).TryGet(out var parameters, out problem)
            || !KeyQuery.Read(parameters, method).TryGet(out var query, out problem))
        {
            return new(problem with { Key = key });
        }

        if (method == HttpMethods.Options)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers[HeaderNames.Allow] = Allow;
            context.Response.Headers["Accept-Patch"] = PatchMediaTypes.AcceptPatch;
            return new(Served.Here);
        }

        var isRead = method == HttpMethods.Get || method == HttpMethods.Head;
        var hasBody = method == HttpMethods.Put || method == HttpMethods.Patch;
        if (!isRead && !hasBody && method != HttpMethods.Delete)
        {
            return new(Problems.MethodNotAllowed(method, Allow) with { Key = key });
        }

        if (!Guards.Read(context.Request.Headers, query.IfVersion).TryGet(out var precondition, out problem))
        {
            return new(problem with { Key = key });
        }

        if (isRead && gateway.TryReadHere(key, precondition) is { } reply)
        {
            return AnswerAsync(context, key, null, reply);
        }

        return hasBody
            ? ServeBodyAsync(context, key, precondition)
            : SendAsync(context, MessageWithoutBody(context, key, query, precondition));
    }

    private static Parsed<Key> ReadKey(string encoded)
    {
        if (!PercentDecoder.TryDecode(encoded, plusIsSpace: false, out var text, out var fault)
            || !Key.TryCreate(text, out var key, out fault))
        {
            return Problems.BadKey(fault);
        }

        return key;
    }

    private async ValueTask<Served> ServeBodyAsync(HttpContext context, Key key, Precondition precondition) =>
        (await ReadBodyAsync(context, key, precondition).ConfigureAwait(false)).TryGet(out var message, out var problem)
            ? await SendAsync(context, message.Content).ConfigureAwait(false)
            : problem with { Key = key };

    private async ValueTask<Served> SendAsync(HttpContext context, IKeyMessage message)
    {
        var reply = await gateway.SendAsync(message, context.RequestAborted).ConfigureAwait(false);
        return await AnswerAsync(context, message.Key, message, reply).ConfigureAwait(false);
    }

    private async ValueTask<Served> AnswerAsync(HttpContext context, Key key, IKeyMessage? message, KeyReply reply)
    {
        var answer = reply.Accept(new ReplyMapping(key, message, views.Current));
        await AnswerWriter.WriteAsync(context, answer).ConfigureAwait(false);
        return new Served(reply, null);
    }

    private IKeyMessage MessageWithoutBody(HttpContext context, Key key, KeyQuery query, Precondition precondition)
    {
        var request = RequestContexts.Of(context, options.RequestTimeout, time);
        return context.Request.Method == HttpMethods.Delete
            ? new DeleteKey(key, precondition, request)
            : new GetValue(key, precondition, query.AllowStale, request);
    }

    private async ValueTask<Parsed<Message>> ReadBodyAsync(HttpContext context, Key key, Precondition precondition)
    {
        var kind = PatchKind.ShallowMerge;
        var isPatch = context.Request.Method == HttpMethods.Patch;
        if (isPatch && !BodyHeaders.PatchKindOf(context.Request).TryGet(out kind, out var problem))
        {
            return problem;
        }

        if (BodyHeaders.Check(context.Request, options.MaxValueBytes) is { } headerProblem)
        {
            return headerProblem;
        }

        var body = await BodyReader.ReadAsync(context.Request, options, context.RequestAborted).ConfigureAwait(false);
        if (!body.TryGet(out var text, out problem))
        {
            return problem;
        }

        if (isPatch && kind == PatchKind.ShallowMerge && text.Utf8.Span.SequenceEqual("null"u8))
        {
            return Problems.NullDelta();
        }

        // The deadline begins where the body ends: how slowly a caller sends is not taken from the owner's time.
        var request = RequestContexts.Of(context, options.RequestTimeout, time);
        return isPatch
            ? new Message(new PatchValue(key, kind, text, precondition, request))
            : new Message(new PutValue(key, text, precondition, request));
    }

    /// <summary>A conversion to <see cref="Parsed{T}"/> needs a class, and the messages only share an interface.</summary>
    private sealed record Message(IKeyMessage Content);
}
