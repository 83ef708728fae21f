using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using KvStore.Http.Responses;
using KvStore.Messages.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KvStore.Bench.Micro;

/// <summary>Step 8 of a request's path: from a reply to headers and bytes in the response's pipe.</summary>
public class AnswerBenchmarks
{
    private readonly DefaultHttpContext _context = new();
    private readonly PipeBody _body = new();

    public AnswerBenchmarks()
    {
        _context.Request.Method = HttpMethods.Get;
        _context.Features.Set<IHttpResponseBodyFeature>(_body);
    }

    [Benchmark]
    public ValueTask Found() => AnswerAsync(Samples.Found, Samples.Get);

    [Benchmark]
    public ValueTask Stored() => AnswerAsync(Samples.Stored, Samples.Put);

    private async ValueTask AnswerAsync(KeyReply reply, IKeyMessage request)
    {
        _context.Response.Headers.Clear();
        await AnswerWriter.WriteAsync(_context, reply.Accept(new ReplyMapping(request.Key, request, Samples.NoCluster)));
        await _body.Writer.FlushAsync();
    }

    /// <summary>A pipe into nothing, as plain as can be: Kestrel's own work is none of ours.</summary>
    private sealed class PipeBody : IHttpResponseBodyFeature
    {
        public Stream Stream => Stream.Null;

        public PipeWriter Writer { get; } = PipeWriter.Create(Stream.Null);

        public void DisableBuffering()
        {
        }

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task CompleteAsync() => Task.CompletedTask;
    }
}
