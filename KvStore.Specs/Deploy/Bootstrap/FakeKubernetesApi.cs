using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KvStore.Specs.Deploy.Bootstrap;

/// <summary>
/// As much of a Kubernetes API server as pods need to find each other: the pods of one namespace, by label, over HTTPS, for whoever
/// has the token of a service account that may list them.
/// </summary>
internal sealed class FakeKubernetesApi : IAsyncDisposable
{
    public const string Namespace = "kvstore-specs";

    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly string _token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
    private readonly X509Certificate2 _certificate;
    private readonly ConcurrentQueue<Asked> _requests = new();
    private readonly WebApplication _app;

    private FakeKubernetesApi(IPAddress address)
    {
        _certificate = CertificateFor(address);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(server => server.Listen(address, 0, listen => listen.UseHttps(_certificate)));
        _app = builder.Build();
        _app.MapGet("/api/v1/namespaces/{space}/pods", ListPods);
        _app.MapFallback(() => Refuse(404, "NotFound", "the server could not find the requested resource"));
    }

    /// <summary>All pods of all namespaces. Replaced as a whole.</summary>
    public ImmutableList<FakePod> Pods { get; set; } = [];

    /// <summary>Whether a role lets the service account list the pods of its namespace.</summary>
    public bool IsListingAllowed { get; set; } = true;

    /// <summary>Every request so far, and how it was answered.</summary>
    public IReadOnlyCollection<Asked> Requests => _requests;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>What every pod of the namespace has mounted.</summary>
    public MountedServiceAccount Account => new(_token, _certificate.ExportCertificatePem(), Namespace);

    public static async Task<FakeKubernetesApi> StartAsync(IPAddress address)
    {
        var api = new FakeKubernetesApi(address);
        await api._app.StartAsync();
        return api;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
    }

    private IResult ListPods(string space, string? labelSelector, HttpContext context)
    {
        var answer = AnswerTo(space, labelSelector, context.Request.Headers.Authorization);
        _requests.Enqueue(new Asked(
            context.Connection.RemoteIpAddress!, context.Request.Path + context.Request.QueryString, ((IStatusCodeHttpResult)answer).StatusCode!.Value));
        return answer;
    }

    private IResult AnswerTo(string space, string? labelSelector, string? authorization)
    {
        if (authorization != $"Bearer {_token}")
        {
            return Refuse(401, "Unauthorized", "Unauthorized");
        }

        if (!IsListingAllowed || space != Namespace)
        {
            return Refuse(403, "Forbidden", $"pods is forbidden: the service account of {Namespace} cannot list pods in the namespace {space}");
        }

        if (Selector(labelSelector ?? "") is not { } isSelected)
        {
            return Refuse(400, "BadRequest", $"unable to parse requirement: {labelSelector}");
        }

        var items = Pods.Where(pod => pod.Namespace == space && isSelected(pod)).Select(pod => pod.ToJson());
        return Results.Json(new { kind = "PodList", apiVersion = "v1", metadata = new { resourceVersion = "1" }, items }, Json, statusCode: 200);
    }

    /// <summary>Null: it is more than <c>label=value</c>, once or separated by commas, and this server knows no more.</summary>
    private static Func<FakePod, bool>? Selector(string text)
    {
        var wanted = text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=')).ToArray();
        return wanted.All(one => one is [{ Length: > 0 }, { Length: > 0 }])
            ? pod => wanted.All(one => pod.Labels.GetValueOrDefault(one[0]) == one[1])
            : null;
    }

    private static IResult Refuse(int code, string reason, string message) =>
        Results.Json(new { kind = "Status", apiVersion = "v1", status = "Failure", reason, message, code }, Json, statusCode: code);

    /// <summary>Signed by itself, so that it is its own authority.</summary>
    private static X509Certificate2 CertificateFor(IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fake-kubernetes", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}

/// <param name="By">The address that it came from.</param>
internal sealed record Asked(IPAddress By, string What, int Status);
