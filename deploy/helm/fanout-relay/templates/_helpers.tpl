{{- define "fanout-relay.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "fanout-relay.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "fanout-relay.labels" -}}
{{ include "fanout-relay.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "fanout-relay.secret" -}}
{{ .Values.secrets.existing | default (include "fanout-relay.name" .) }}
{{- end }}

{{/* What the chart says itself comes last: a key may stand in the file only once. */}}
{{- define "fanout-relay.settings" -}}
{{- $_ := required "settings.upstream: the URL of the GraphQL server's WebSocket" .Values.settings.upstream -}}
{{- range $key := list "listen" "admin-listen" "admin-token-file" "config" -}}
{{- if hasKey $.Values.settings $key }}{{ fail (printf "settings.%s: the chart sets it" $key) }}{{ end -}}
{{- end -}}
{{ toYaml .Values.settings }}
listen: ["0.0.0.0:8080"]
admin-listen: ["0.0.0.0:9090"]
admin-token-file: /etc/fanout-relay-secrets/operator-tokens
{{- if or .Values.secrets.upstreamHeaders (has "upstream-headers" .Values.secrets.existingKeys) }}
header-file: /etc/fanout-relay-secrets/upstream-headers
{{- end }}
{{- if or .Values.secrets.tokens (has "tokens" .Values.secrets.existingKeys) }}
token-file: /etc/fanout-relay-secrets/tokens
{{- end }}
{{- end }}
